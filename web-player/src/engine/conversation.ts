/** What each control message of a neighbour brings about. Throws ProtocolError where it breaks a rule. */
import { ProtocolError } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import { BLOCK_BYTES, MAX_BLOCKS, idText } from "./identity.ts";
import { PEER_VERSION } from "./messages.ts";
import type { Credit, Hello, PeerMessage, Refuse, SegmentProof, Want } from "./messages.ts";
import type { Neighbour } from "./neighbour.ts";
import { BUSY, LATE, NOT_HELD, UNWILLING } from "./refusals.ts";
import { BadBytes } from "./segment.ts";
import { takeWant } from "./uploads.ts";

const MOST_CREDIT_AHEAD = 64 * 1024 * 1024;
const MOST_ROUND_TRIP_MS = 1000;
const UNASKED_PROOF = 64;

/** Carries control messages into the exchange. */
export class Conversation {
  private readonly exchange: Exchange;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
  }

  /** Take one message. */
  heard(neighbour: Neighbour, message: PeerMessage, now: number): void {
    if (neighbour.hello === undefined && message.type !== "Hello" && message.type !== "Bye") {
      throw new ProtocolError("hello", "the first message is not hello");
    }
    neighbour.spend(now);
    switch (message.type) {
      case "Hello":
        this.hello(neighbour, message, now);
        break;
      case "Track":
        neighbour.learnTrack(message);
        break;
      case "Have":
        neighbour.learnHave(message);
        break;
      case "Held":
        neighbour.learnHeld(message);
        break;
      case "Loading":
        neighbour.learnLoading(message);
        break;
      case "Want":
        this.want(neighbour, message, now);
        break;
      case "SegmentProof":
        this.proof(neighbour, message, now);
        break;
      case "Refuse":
        this.refuse(neighbour, message, now);
        break;
      case "Cancel":
        neighbour.serving.delete(message.request);
        break;
      case "Credit":
        this.credit(neighbour, message);
        break;
      case "Bye":
        this.bye(neighbour, now);
        break;
      case "Waiting":
        neighbour.toldToWait(message.request, now);
        break;
    }
  }

  private hello(neighbour: Neighbour, message: Hello, now: number): void {
    if (neighbour.hello !== undefined) throw new ProtocolError("hello", "hello came twice");
    if (message.version !== PEER_VERSION) {
      throw new ProtocolError("version", `version ${message.version}, not ${PEER_VERSION}`);
    }
    neighbour.hello = message;
    neighbour.credit = Math.min(message.credit, MOST_CREDIT_AHEAD);
    neighbour.roundTrip.add(Math.min(Math.max(now - neighbour.opened, 1), MOST_ROUND_TRIP_MS));
  }

  private want(neighbour: Neighbour, message: Want, now: number): void {
    const { exchange } = this;
    const id = idText(message.segment);
    const listing = exchange.library.of(id);
    const segment = exchange.find(id);
    if (!exchange.uploading) {
      exchange.say(neighbour, { type: "Refuse", request: message.request, reason: UNWILLING });
      return;
    }
    if (segment === undefined && (listing === undefined || !exchange.announcer.offers(listing))) {
      exchange.say(neighbour, { type: "Refuse", request: message.request, reason: NOT_HELD });
      return;
    }
    const size = segment?.size ?? listing?.size ?? 0;
    if ((message.first + message.count - 1) * BLOCK_BYTES >= size) {
      const range = `blocks ${message.first}+${message.count}`;
      throw new ProtocolError("range", `${range} of a segment of ${size} bytes`);
    }
    if (segment === undefined && !exchange.demand(id)) {
      exchange.say(neighbour, { type: "Refuse", request: message.request, reason: BUSY });
      return;
    }
    takeWant(neighbour, message, now);
  }

  private proof(neighbour: Neighbour, message: SegmentProof, now: number): void {
    const { downloads } = this.exchange;
    const id = idText(message.segment);
    try {
      if (!downloads.awaitsProof(id, neighbour.id)) {
        neighbour.spend(now, UNASKED_PROOF);
        return;
      }
      downloads.proof(neighbour.id, id, message.proof, now);
      neighbour.delivered = now;
    } catch (error) {
      if (!(error instanceof BadBytes)) throw error;
      this.exchange.reject(neighbour.id, "proof", now);
    }
  }

  private refuse(neighbour: Neighbour, message: Refuse, now: number): void {
    const asked = neighbour.asked.get(message.request);
    const listing = asked === undefined ? undefined : this.exchange.library.of(asked.segment);
    const offered = listing !== undefined && neighbour.offered(listing.key, listing.sequence, MAX_BLOCKS) !== 0n;
    const lied = offered && message.reason === NOT_HELD;
    const nothing = asked !== undefined && asked.owed === asked.blocks;
    this.exchange.downloads.refused(neighbour, message, now);
    if (message.reason === LATE) {
      neighbour.brought = now;
      return;
    }
    if (message.reason === UNWILLING) neighbour.withdraws();
    if (nothing && neighbour.disappoint(lied, now)) this.exchange.close(neighbour.id, "liar", now, lied);
  }

  private credit(neighbour: Neighbour, message: Credit): void {
    if (message.limit > neighbour.sent + MOST_CREDIT_AHEAD) {
      throw new ProtocolError("credit", `credit of ${message.limit} with ${neighbour.sent} sent`);
    }
    neighbour.credit = Math.max(neighbour.credit, message.limit);
  }

  private bye(neighbour: Neighbour, now: number): void {
    this.exchange.count("closed:bye", 1);
    this.exchange.emit({ type: "Close", peer: neighbour.id, reason: "bye", fault: false });
    this.exchange.peerClosed(neighbour.id, now);
  }
}
