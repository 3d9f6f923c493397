/** The chart's place on the page: title, period, and the chart once it has been loaded. */
import { element } from "../element.ts";
import { formatRate } from "../format.ts";
import type { Language, Messages } from "../language/language.ts";
import type { Point } from "./snapshot.ts";
import type { ThroughputChart } from "./throughput-chart.ts";

const PERIODS = [10, 60];

export class ChartPanel {
  readonly root: HTMLElement;
  readonly #place = element("div", { class: "chart", role: "img" });
  readonly #period = element("select");
  readonly #messages: Messages;
  #chart: ThroughputChart | null = null;
  #points: readonly Point[] = [];
  #closed = false;

  constructor(m: Messages, language: Language) {
    this.#messages = m;
    for (const minutes of PERIODS) this.#period.append(element("option", { value: minutes }, m.minutes(minutes)));
    this.#period.setAttribute("aria-label", m.chartRange);
    this.#period.addEventListener("change", () => {
      this.#draw();
    });
    const head = element("div", { class: "head" }, element("h2", {}, m.chartTitle), this.#period);
    this.root = element("section", { class: "chart-panel" }, head, this.#place);
    void this.#load(language);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.#draw();
    });
  }

  update(points: readonly Point[]): void {
    const changed = points !== this.#points;
    this.#points = points;
    if (changed) this.#draw();
  }

  close(): void {
    this.#closed = true;
    this.#chart?.dispose();
    this.#chart = null;
  }

  async #load(language: Language): Promise<void> {
    const { ThroughputChart } = await import("./throughput-chart.ts");
    if (this.#closed) return;
    this.#chart = new ThroughputChart(this.#place, this.#messages, language);
    this.#draw();
  }

  #draw(): void {
    const newest = this.#points.at(-1);
    if (newest) {
      const { origin_bps, seeder_bps, peer_bps } = newest;
      const summary = this.#messages.chartSummary(formatRate(origin_bps), formatRate(seeder_bps), formatRate(peer_bps));
      this.#place.setAttribute("aria-label", summary);
    }
    this.#chart?.draw(this.#points, Number(this.#period.value) * 60_000);
  }
}
