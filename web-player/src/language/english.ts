/** Every sentence of the pages in English. `chinese.ts` must have the same entries; the compiler checks it. */

const plural = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;

export const english = {
  languageName: "English",
  switchLanguage: "Language",
  skipToContent: "Skip to content",
  navigation: "Pages",
  courses: "Courses",
  operators: "Operators",
  loading: "Loading…",
  retry: "Try again",
  noConnection: "The server cannot be reached. Check the network; this page keeps trying.",
  serverSaid: (message: string) => `The server could not do that: ${message}`,

  emptyTitle: "Nothing has been published yet",
  emptyText: "Publish a lecture on the machine that runs the server, and it appears here:",
  emptyCourse: "This course has nothing to watch yet.",
  stateLive: "Live",
  statePreparing: "Being prepared",
  stateEnded: "Recording",
  stateFailed: "Could not be prepared",
  stateReady: "Lecture",
  startedAt: (when: string) => `started ${when}`,
  publishedAt: (when: string) => `published ${when}`,
  items: (n: number) => plural(n, "item", "items"),

  player: "Player",
  notFound: "There is nothing at this address. It may have been removed.",
  backToCourses: "All courses",
  preparing: "This lecture is being prepared. It starts here by itself as soon as it is ready.",
  failed: "This lecture could not be prepared. The person who published it finds the reason in the server's log.",
  errorNetwork: "The connection to the server is lost. It is tried again by itself.",
  errorGone: "The server no longer has this video.",
  errorDecode: "This browser could not decode the video.",
  errorUnverified: "The video's playlist failed its signature check, so it is not played.",
  errorUnsupported: "This browser can play no HLS video. A current Chrome, Edge, Firefox or Safari can.",
  errorOther: "The player stopped because of an error.",
  errorDetail: (detail: string) => `Detail: ${detail}`,
  classEnded: "The class has ended.",
  watchFromStart: "Watch it from the start",
  resumedAt: (position: string) => `Continuing at ${position}`,
  startOver: "From the start",

  speed: "Speed",
  quality: "Quality",
  captions: "Captions",
  audio: "Sound",
  settings: "Settings",

  timeShift: "Position in the class",
  timeShiftValue: (position: string, behind: string) => `${position}, ${behind} behind live`,
  timeShiftAtLive: (position: string) => `${position}, live`,
  live: "LIVE",
  goLive: "Go live",
  atLive: "You are watching live",
  behindLive: (behind: string) => `−${behind}`,

  p2p: "Help from nearby viewers (P2P)",
  p2pSwitch: "Use P2P",
  p2pExplain:
    "Your player fetches parts of the video from other viewers of this course and passes on parts that it has, " +
    "so that the video keeps running smoothly when many watch.",
  p2pShares:
    "What it shares: viewers you are connected to can see your IP address and that you watch this course. " +
    "Every part is checked before it is played.",
  p2pMeteredSwitch: "Pass on parts over mobile data too",
  p2pMetered:
    "You seem to be on a mobile or metered connection, where passing on parts may cost you. " +
    "Without your word your player only receives.",
  p2pBadge: (share: string, n: number) => `P2P ${share} · ${plural(n, "peer", "peers")}`,
  p2pBadgeOff: "P2P off",
  p2pBadgeStarting: "P2P starting",
  p2pStarting: "Playing from the server; looking for other viewers.",
  p2pAlone: "Connected. Nobody else is watching this course right now, so the video comes from the server.",
  p2pConnected: (n: number) => `Connected to ${plural(n, "peer", "peers")}.`,
  p2pInsecure:
    "P2P is off because this page was opened over plain HTTP. Browsers allow it over HTTPS only. The video comes from the server.",
  p2pNoWebRtc: "P2P is off because this browser has no WebRTC. The video comes from the server.",
  p2pNoTracker: "P2P is waiting: the server's tracker cannot be reached. The video comes from the server.",
  p2pModeOff: "P2P is switched off for this course by its institution. The video comes from the server.",
  p2pSwitchedOff: "You switched P2P off. The video comes from the server.",
  p2pUnavailable: "P2P is not available here. The video comes from the server.",
  p2pFromPeers: "From viewers",
  p2pFromSeeders: "From seeders",
  p2pFromServer: "From the server",
  p2pSent: "Passed on",
  p2pRejected: "Refused (check failed)",

  lasting: "Keep watched lectures on this device",
  lastingSwitch: "Keep them",
  lastingExplain:
    "Watching again then costs hardly any data, and your player can pass on what it has even after the page was closed and " +
    "opened again. What was watched longest ago goes first. Whoever uses this browser can find out what was watched; " +
    "switching it off removes everything.",
  lastingOff: "Off: nothing stays when the page is closed.",
  lastingOpening: "Looking at what is kept…",
  lastingOn: (bytes: string, n: number, most: string) =>
    `${bytes} of ${plural(n, "lecture", "lectures")} kept here, of ${most} at most.`,
  lastingUnavailable: "This browser keeps nothing here, as in many private windows. Videos play as without it.",
  lastingClear: "Remove what is kept",
  lastingCleared: "Everything that was kept is removed.",

  operatorsTitle: "Swarm health and savings",
  connected: "Live figures",
  reconnecting: "Connection lost, reconnecting…",
  updatedAt: (when: string) => `as of ${when}`,
  noViewers: "Nobody is watching right now",
  noViewersText: "Open an item in a browser and its figures appear here within seconds.",
  figure: {
    viewers: "Viewers",
    p2pViewers: "with P2P",
    seeders: "Seeders",
    offload: "Traffic saved",
    originRate: "From the server",
    peerRate: "From viewers",
    seederRate: "From seeders",
    playedRate: "Played",
    fluency: "Fluency",
    startup: "Start-up (median)",
    rejected: "Blocks refused",
    originBytes: "Sent by the server",
  },
  definition: {
    viewers: "Players that have reported within the last seconds.",
    p2pViewers: "Viewers with at least one connection to another viewer or a seeder.",
    seeders: "Seeders and relays connected to the tracker.",
    offload:
      "1 − all bytes the server sent (media, proofs, playlists and the rest, to viewers and to seeders) ÷ media bytes " +
      "played, since the server started (per item: since the item started); never below 0.",
    originRate: "All bytes the server sent to anyone, counted where they leave, as a mean over the last 15 s.",
    peerRate: "Media bytes viewers got from other viewers, mean over the last 15 s; reported by viewers, bounded by the tracker.",
    seederRate: "Media bytes viewers got from seeders, mean over the last 15 s; reported by viewers, bounded by the tracker.",
    playedRate: "Media bytes played, mean over the last 15 s; reported by viewers, bounded by the tracker.",
    fluency: "1 − stalled time ÷ (stalled + played time), over all viewers.",
    startup: "Median time from opening an item to its first picture.",
    rejected: "Blocks from peers whose hash did not match; they were thrown away and the sender was left.",
    originBytes: "What the server sent since it started, by kind.",
  },
  definitionOf: (name: string) => `What does “${name}” mean?`,
  bytesMedia: "Media",
  bytesProofs: "Proofs",
  bytesPlaylists: "Playlists",
  bytesRest: "Pages and the rest",
  bytesToSeeders: "To seeders",
  chartTitle: "Throughput by source",
  chartAxis: "Mbit/s",
  chartSummary: (origin: string, seeders: string, peers: string) =>
    `Throughput now: server ${origin}, seeders ${seeders}, viewers ${peers}.`,
  chartRange: "Period",
  minutes: (n: number) => `${n} min`,
  tableTitle: "Items",
  tableItem: "Item",
  tableEmpty: "No item has been watched since the server started.",
  unknown: "–",
};

/** What a language must have: the entries of the English one. */
export type Messages = typeof english;
