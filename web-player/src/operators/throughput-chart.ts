/** Throughput by source over time, stacked, with the traffic saved as a line. Loaded after the page: ECharts is large. */
import { LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use, type EChartsType } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { formatClock, formatRate, formatShare } from "../format.ts";
import { languageTag, type Language, type Messages } from "../language/language.ts";
import type { Point } from "./snapshot.ts";

use([LineChart, AriaComponent, GridComponent, LegendComponent, TooltipComponent, SVGRenderer]);

/** Told apart by lightness too, for those who cannot by hue; readable on light and dark. */
const COLOURS = { origin: "#d9752b", seeders: "#3f8fd6", peers: "#2fa87a" };

/** Below this width the legend takes two lines, px. */
const NARROW = 520;

type Pair = [time: number, value: number | null];

interface Hovered {
  readonly seriesName?: string;
  readonly marker?: string;
  readonly value?: Pair;
  readonly seriesId?: string;
}

function area(name: string, color: string, data: Pair[]): object {
  const look = { type: "line", stack: "all", showSymbol: false, color, lineStyle: { width: 1 }, areaStyle: { opacity: 0.75 } };
  return { ...look, name, id: name, data, emphasis: { disabled: true } };
}

function colourOf(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export class ThroughputChart {
  readonly #chart: EChartsType;
  readonly #messages: Messages;
  readonly #language: Language;

  constructor(place: HTMLElement, messages: Messages, language: Language) {
    this.#chart = init(place, null, { renderer: "svg", locale: language === "zh" ? "ZH" : "EN" });
    this.#messages = messages;
    this.#language = language;
    new ResizeObserver(() => {
      this.#chart.resize();
    }).observe(place);
  }

  /** Draw the points of the last `period` ms. */
  draw(points: readonly Point[], period: number): void {
    const newest = points.at(-1)?.time ?? Date.now();
    const within = points.filter(({ time }) => time > newest - period);
    this.#chart.setOption({ ...this.#frame(newest, period), series: this.#series(within) }, { notMerge: false });
  }

  dispose(): void {
    this.#chart.dispose();
  }

  #series(points: readonly Point[]): object[] {
    const m = this.#messages.figure;
    const of = (value: (point: Point) => number | null): Pair[] => points.map((point) => [point.time, value(point)]);
    const line = { type: "line", yAxisIndex: 1, showSymbol: false, color: colourOf("--text"), lineStyle: { width: 2, type: "dashed" } };
    return [
      area(m.originRate, COLOURS.origin, of((p) => p.origin_bps / 1e6)),
      area(m.seederRate, COLOURS.seeders, of((p) => p.seeder_bps / 1e6)),
      area(m.peerRate, COLOURS.peers, of((p) => p.peer_bps / 1e6)),
      { ...line, name: m.offload, id: "offload", data: of((p) => (p.offload === null ? null : Math.max(0, p.offload) * 100)) },
    ];
  }

  #frame(newest: number, period: number): object {
    const [text, split] = [colourOf("--quiet"), colourOf("--line")];
    const label = { color: text };
    const lines = { lineStyle: { color: split } };
    return {
      animation: false,
      aria: { enabled: true },
      grid: { left: 8, right: 8, top: 32, bottom: this.#chart.getWidth() < NARROW ? 64 : 44, containLabel: true },
      legend: { bottom: 0, icon: "roundRect", itemWidth: 16, textStyle: label, itemGap: 14 },
      tooltip: { trigger: "axis", formatter: (hovered: Hovered[]) => this.#tooltip(hovered) },
      xAxis: { type: "time", min: newest - period, max: newest, axisLabel: { ...label, hideOverlap: true }, axisLine: lines, splitNumber: 5 },
      yAxis: [
        { type: "value", name: this.#messages.chartAxis, nameTextStyle: { ...label, align: "left" }, axisLabel: label, splitLine: lines, min: 0 },
        { type: "value", min: 0, max: 100, axisLabel: { ...label, formatter: "{value} %" }, splitLine: { show: false } },
      ],
    };
  }

  #tooltip(hovered: readonly Hovered[]): HTMLElement {
    const box = document.createElement("div");
    const time = hovered[0]?.value?.[0];
    if (time !== undefined) box.append(formatClock(time, languageTag[this.#language]));
    for (const { seriesName = "", seriesId, value } of hovered) {
      const amount = value?.[1] ?? null;
      const written = seriesId === "offload" ? formatShare(amount === null ? null : amount / 100, 1) : formatRate((amount ?? 0) * 1e6);
      const row = document.createElement("div");
      row.textContent = `${seriesName}: ${written}`;
      box.append(row);
    }
    return box;
  }
}
