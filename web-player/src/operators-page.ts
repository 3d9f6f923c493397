/** `/operators`: swarm health and savings, live. */
import "./style/base.css";
import "./style/operators.css";
import { element } from "./element.ts";
import { formatClock } from "./format.ts";
import { currentLanguage, languageTag, localised, messages, type Language, type Messages } from "./language/language.ts";
import { ChartPanel } from "./operators/chart-panel.ts";
import { definition } from "./operators/definition.ts";
import { createItemTable, type ItemTable } from "./operators/item-table.ts";
import { SnapshotFeed } from "./operators/snapshot-feed.ts";
import { HISTORY, joined, pointOf, withPoint, type Point, type Snapshot } from "./operators/snapshot.ts";
import { createTiles, originBytesList, type Tiles } from "./operators/tiles.ts";
import { getJson, OriginError } from "./origin-api.ts";
import { pageFrame } from "./page-frame.ts";

class OperatorsRoom {
  readonly #main: HTMLElement;
  readonly #status = element("p", { class: "feed", role: "status" });
  #view: { tiles: Tiles; chart: ChartPanel; table: ItemTable; empty: HTMLElement; sent: HTMLElement } | null = null;
  #snapshot: Snapshot | null = null;
  #points: readonly Point[] = [];
  #connected: boolean | null = null;

  constructor(main: HTMLElement) {
    this.#main = main;
    localised((m, language) => {
      this.#build(m, language);
    });
  }

  onSnapshot(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    this.#points = withPoint(this.#points, pointOf(snapshot));
    this.#render();
  }

  onConnected(connected: boolean): void {
    this.#connected = connected;
    this.#renderStatus();
  }

  onHistory(history: readonly Point[]): void {
    this.#points = joined(history, this.#points);
    this.#render();
  }

  #build(m: Messages, language: Language): void {
    this.#view?.chart.close();
    document.title = `${m.operators} · Banyan`;
    const empty = element("div", { class: "empty" }, element("h2", {}, m.noViewers), element("p", {}, m.noViewersText));
    const sent = element("div");
    this.#view = { tiles: createTiles(m), chart: new ChartPanel(m, language), table: createItemTable(m), empty, sent };
    const head = element("div", { class: "head" }, element("h1", {}, m.operatorsTitle), this.#status);
    const title = element("h2", {}, element("span", {}, m.figure.originBytes), definition(m.figure.originBytes, m.definition.originBytes, m));
    const { tiles, chart, table } = this.#view;
    this.#main.replaceChildren(head, empty, tiles.root, chart.root, table.root, element("section", {}, title, sent));
    this.#render();
  }

  #render(): void {
    const view = this.#view;
    this.#renderStatus();
    view?.chart.update(this.#points);
    if (view) view.empty.hidden = this.#snapshot === null || this.#snapshot.total.viewers > 0;
    if (!this.#snapshot || !view) return;
    view.tiles.update(this.#snapshot.total);
    view.table.update(this.#snapshot.items);
    view.sent.replaceChildren(originBytesList(this.#snapshot.total.origin_bytes, messages()));
  }

  #renderStatus(): void {
    const m = messages();
    const text = this.#connected === null ? m.loading : this.#connected ? m.connected : m.reconnecting;
    const when = this.#snapshot && this.#connected === false ? this.#snapshot.now : null;
    const tag = languageTag[currentLanguage()];
    const full = when === null ? text : `${text} (${m.updatedAt(formatClock(when, tag))})`;
    this.#status.className = `feed ${this.#connected === false ? "lost" : "well"}`;
    if (this.#status.textContent !== full) this.#status.textContent = full;
  }
}

async function history(): Promise<readonly Point[]> {
  try {
    const answer = (await getJson(`/api/swarm/history?seconds=${HISTORY / 1000}`)) as { points: readonly Point[] };
    return answer.points;
  } catch (error) {
    // The chart then begins now; the status line tells of a lost connection.
    if (error instanceof OriginError) return [];
    throw error;
  }
}

async function run(): Promise<void> {
  const room = new OperatorsRoom(pageFrame());
  new SnapshotFeed(room);
  room.onHistory(await history());
}

void run();
