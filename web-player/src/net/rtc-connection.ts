/**
 * One WebRTC connection to a peer: two negotiated data channels, opened from typed fields. Channel 0 `control` is
 * ordered, channel 1 `blocks` is unordered and reliable; both sides create them with the same ids.
 */
import { ProtocolError } from "../engine/errors.ts";
import type { Candidate, Connection } from "../engine/messages.ts";
import { MAX_MESSAGE_BYTES, MID, readCandidate, readSdp, writeCandidate, writeSdp } from "../engine/sdp.ts";
import type { CancelTimer, Clock } from "./worker-clock.ts";

export const CONNECT_TIMEOUT_MS = 15_000;
export const MAX_REMOTE_CANDIDATES = 36;
const MAX_CONTROL_BACKLOG_BYTES = 1024 * 1024;
const TRICKLE_MS = 20;
const CONTROL = 0;
const BLOCKS = 1;

/** What the owner of a connection wants to hear. Nothing here may throw. */
export interface ConnectionListener {
  /** Both channels are open. */
  opened(): void;
  /** The connection ended, or could not be opened; called once. */
  closed(reason: string): void;
  /** The other side stopped answering (`alive` is false now); it may come back. */
  wavered(): void;
  controlReceived(message: Uint8Array): void;
  blocksReceived(message: Uint8Array): void;
  /** The send buffer fell to its low mark. */
  drained(): void;
  /** Candidates were found after the offer or answer had left. */
  candidatesFound(candidates: readonly Candidate[]): void;
}

/** What a connection is opened with. `stun` are addresses such as `stun:host:port`; none means this host alone. */
export interface ConnectionSettings {
  readonly certificate: RTCCertificate;
  readonly stun: readonly string[];
}

/** One connection; either `offer` and then `accept`, or `answer`. */
export class PeerConnection {
  private readonly listener: ConnectionListener;
  private readonly rtc: RTCPeerConnection;
  private readonly control: RTCDataChannel;
  private readonly blocks: RTCDataChannel;
  private readonly clock: Clock;
  private readonly stopWaiting: CancelTimer;
  private found: Candidate[] = [];
  private remoteCandidates = 0;
  private early: Candidate[] = [];
  private described = false;
  private closed = false;
  private open = false;

  constructor(listener: ConnectionListener, settings: ConnectionSettings, clock: Clock) {
    this.listener = listener;
    this.clock = clock;
    const iceServers = settings.stun.map((urls) => ({ urls }));
    this.rtc = new RTCPeerConnection({ iceServers, certificates: [settings.certificate] });
    this.control = this.channel("control", CONTROL, true, (message) => { listener.controlReceived(message); });
    this.blocks = this.channel("blocks", BLOCKS, false, (message) => { listener.blocksReceived(message); });
    this.blocks.addEventListener("bufferedamountlow", () => { this.listener.drained(); });
    this.rtc.addEventListener("icecandidate", ({ candidate }) => { this.candidateFound(candidate); });
    this.rtc.addEventListener("connectionstatechange", () => {
      const { connectionState } = this.rtc;
      if (connectionState === "failed" || connectionState === "closed") this.fail(connectionState);
      else if (connectionState === "disconnected" && this.open) this.listener.wavered();
    });
    this.stopWaiting = clock.after(CONNECT_TIMEOUT_MS, () => {
      if (!this.open) this.fail("timeout");
    });
  }

  /** Bytes of blocks accepted for sending that have not left yet. */
  get buffered(): number {
    return this.blocks.bufferedAmount;
  }

  /** Whether the other side answers; a browser finds within some seconds that it does not. */
  get alive(): boolean {
    return this.open && !this.closed && this.rtc.connectionState !== "disconnected";
  }

  /** Make an offer; candidates follow one by one. Rejects with ProtocolError or a DOMException. */
  async offer(): Promise<Connection> {
    return this.describe(await this.rtc.createOffer());
  }

  /** Answer an offer of the peer whose certificate has this SHA-256. Rejects with ProtocolError or a DOMException. */
  async answer(remote: Connection, fingerprint: Uint8Array): Promise<Connection> {
    await this.setRemote("offer", remote, fingerprint);
    return this.describe(await this.rtc.createAnswer());
  }

  /** Take the answer to our offer. Rejects with ProtocolError or a DOMException. */
  async accept(remote: Connection, fingerprint: Uint8Array): Promise<void> {
    await this.setRemote("answer", remote, fingerprint);
  }

  /** Take more candidates of the peer. What is malformed or too much is left out. */
  addCandidates(candidates: readonly Candidate[]): void {
    const room = Math.max(MAX_REMOTE_CANDIDATES - this.remoteCandidates, 0);
    this.remoteCandidates += candidates.length;
    const taken = candidates.slice(0, room);
    if (this.rtc.remoteDescription === null) this.early.push(...taken);
    else for (const candidate of taken) void this.addCandidate(candidate);
  }

  /** Queue a message on the control channel; a peer that takes none of them is given up. */
  sendControl(message: Uint8Array<ArrayBuffer>): void {
    if (this.control.bufferedAmount > MAX_CONTROL_BACKLOG_BYTES) this.fail("control backlog");
    else this.send(this.control, message);
  }

  /** Queue a message on the blocks channel; `lowMark` bytes left in its buffer are told. */
  sendBlocks(message: Uint8Array<ArrayBuffer>, lowMark: number): void {
    this.blocks.bufferedAmountLowThreshold = lowMark;
    this.send(this.blocks, message);
  }

  /** Close the connection; the listener hears the reason. */
  fail(reason: string): void {
    if (this.closed) return;
    this.closed = true;
    this.stopWaiting();
    this.listener.closed(reason);
    // A goodbye on the control channel leaves before the transport goes. The clock's timers may be gone by then.
    if (this.open) setTimeout(() => { this.rtc.close(); }, TRICKLE_MS);
    else this.rtc.close();
  }

  private send(channel: RTCDataChannel, message: Uint8Array<ArrayBuffer>): void {
    if (channel.readyState !== "open") return;
    try {
      channel.send(message);
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      this.fail("send");
    }
  }

  private channel(label: string, id: number, ordered: boolean, received: (message: Uint8Array) => void): RTCDataChannel {
    const channel = this.rtc.createDataChannel(label, { negotiated: true, id, ordered });
    channel.binaryType = "arraybuffer";
    channel.addEventListener("open", () => { this.channelOpened(); });
    channel.addEventListener("close", () => { this.fail("closed by the peer"); });
    channel.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
      if (!(data instanceof ArrayBuffer) || data.byteLength > MAX_MESSAGE_BYTES) this.fail("malformed");
      else if (!this.closed) this.handOn(() => { received(new Uint8Array(data)); });
    });
    return channel;
  }

  /** The other side may talk a moment before both channels are open here. */
  private handOn(deliver: () => void): void {
    if (!this.open) this.channelOpened(true);
    deliver();
  }

  private channelOpened(heard = false): void {
    if (this.open || this.closed) return;
    if (!heard && (this.control.readyState !== "open" || this.blocks.readyState !== "open")) return;
    this.open = true;
    this.stopWaiting();
    this.listener.opened();
  }

  private async describe(description: RTCSessionDescriptionInit): Promise<Connection> {
    await this.rtc.setLocalDescription(description);
    const { connection } = readSdp(this.rtc.localDescription?.sdp ?? "");
    this.described = true;
    this.found = [];
    return connection;
  }

  private async setRemote(type: RTCSdpType, remote: Connection, fingerprint: Uint8Array): Promise<void> {
    await this.rtc.setRemoteDescription({ type, sdp: writeSdp(remote, fingerprint) });
    this.remoteCandidates += remote.candidates.length;
    const { early } = this;
    this.early = [];
    for (const candidate of early) void this.addCandidate(candidate);
  }

  private async addCandidate(candidate: Candidate): Promise<void> {
    try {
      await this.rtc.addIceCandidate({ candidate: writeCandidate(candidate), sdpMid: MID, sdpMLineIndex: 0 });
    } catch (error) {
      // A candidate that cannot be used costs that candidate alone.
      if (!(error instanceof ProtocolError) && !(error instanceof DOMException)) throw error;
    }
  }

  /** Candidates are gathered for a moment, so that several travel in one message. */
  private candidateFound(candidate: RTCIceCandidate | null): void {
    if (candidate === null || candidate.candidate === "" || this.closed) return;
    try {
      const read = readCandidate(candidate.candidate);
      if (read !== undefined) this.found.push(read);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
    }
    if (this.found.length === 1) this.clock.after(TRICKLE_MS, () => { this.tellCandidates(); });
  }

  private tellCandidates(): void {
    if (this.closed || this.found.length === 0) return;
    if (!this.described) {
      this.clock.after(TRICKLE_MS, () => { this.tellCandidates(); });
      return;
    }
    const { found } = this;
    this.found = [];
    this.listener.candidatesFound(found);
  }
}
