/**
 * Runs before a page's own scripts and notes what it plays, equally for every engine: times in ms since the navigation.
 * `recorder.take()` gives what is new of `appended` and `errors`, and all the rest as totals.
 */
(() => {
  const SHORTEST_STALL_MS = 100;
  let player = null;
  let startup = null;
  let since = null;
  let stalls = 0;
  let stalledMs = 0;
  let loadedBytes = 0;
  let channelBytes = 0;
  let appended = [];
  let errors = [];
  const sizes = new Map();

  const keyOf = ({ url }) => new URL(url, location.href).pathname.split("/").pop().replace(/\.[^.]*$/, "");
  const isMedia = (frag) => frag.sn !== "initSegment" && (frag.type === "main" || frag.type === "audio");
  const stallOf = (now) => (since === null || now - since < SHORTEST_STALL_MS ? 0 : now - since);

  const end = () => {
    const stood = stallOf(performance.now());
    since = null;
    stalls += stood > 0 ? 1 : 0;
    stalledMs += stood;
  };
  // Media events do not bubble, but the document sees them on their way down.
  const on = (name, then) => { document.addEventListener(name, ({ target }) => { then(target); }, true); };
  on("playing", () => {
    startup ??= performance.now();
    end();
  });
  on("waiting", (video) => {
    if (startup !== null && !video.seeking && !video.ended) since ??= performance.now();
  });
  on("pause", () => { end(); });

  // What comes over data channels is counted from outside, whatever an engine says of itself.
  const count = (channel) => {
    channel.addEventListener("message", ({ data }) => { channelBytes += data.byteLength ?? data.size ?? data.length; });
  };
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...settings) {
      super(...settings);
      this.addEventListener("datachannel", ({ channel }) => { count(channel); });
    }

    createDataChannel(...settings) {
      const channel = super.createDataChannel(...settings);
      count(channel);
      return channel;
    }
  };

  const follow = (hls) => {
    hls.on("hlsFragLoaded", (_name, { frag, payload }) => {
      if (!isMedia(frag)) return;
      sizes.set(keyOf(frag), payload.byteLength);
      loadedBytes += payload.byteLength;
    });
    hls.on("hlsFragBuffered", (_name, { frag }) => {
      const bytes = isMedia(frag) ? sizes.get(keyOf(frag)) : undefined;
      if (bytes === undefined) return;
      sizes.delete(keyOf(frag));
      appended.push({ at: performance.now(), key: keyOf(frag), bytes, duration: frag.duration });
    });
    hls.on("hlsError", (_name, { details, fatal }) => { errors.push(fatal ? `fatal ${details}` : details); });
  };
  Object.defineProperty(window, "hls", {
    configurable: true,
    get: () => player,
    set: (hls) => {
      player = hls;
      follow(hls);
    },
  });

  const played = (video) => {
    let seconds = 0;
    for (let at = 0; at < video.played.length; at += 1) seconds += video.played.end(at) - video.played.start(at);
    return seconds;
  };
  const buffered = (video) => {
    for (let at = 0; at < video.buffered.length; at += 1) {
      const here = video.buffered.start(at) <= video.currentTime + 0.1 && video.buffered.end(at) > video.currentTime;
      if (here) return video.buffered.end(at) - video.currentTime;
    }
    return 0;
  };
  const taken = () => {
    const news = { appended, errors };
    appended = [];
    errors = [];
    return news;
  };
  const take = () => {
    const video = document.querySelector("video");
    const now = performance.now();
    return {
      ...taken(),
      now,
      startup,
      stalls: stalls + (stallOf(now) > 0 ? 1 : 0),
      stalledMs: stalledMs + stallOf(now),
      playedMs: video === null ? 0 : played(video) * 1000,
      position: video?.currentTime ?? 0,
      buffer: video === null ? 0 : buffered(video),
      // Unix ms of what is on the screen, by the playlist's own dates.
      date: player?.playingDate?.getTime() ?? null,
      paused: video === null || video.paused || startup === null,
      channels: channelBytes,
      // A page without peers takes in what hls.js loads.
      received: window.received?.() ?? { http: loadedBytes, peer: 0, seeder: 0, sent: 0, wasted: 0, rejected: 0, neighbours: 0 },
    };
  };
  window.recorder = { take };
})();
