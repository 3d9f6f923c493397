/** The badge over the picture, and below it the P2P panel: switch, what it does and shares, where the bytes came from. */
import { element } from "../element.ts";
import type { Engine, EngineStats } from "../engine-interface.ts";
import { localised, messages } from "../language/language.ts";
import { remember } from "../preferences.ts";
import { p2pWanted, sharingAgreed } from "./p2p-choice.ts";
import { swarmView, withoutEngine } from "./swarm-view.ts";

export class SwarmPanel {
  /** Small, over the picture. */
  readonly badge = element("span", { class: "badge", role: "status" });
  readonly root: HTMLElement;
  readonly #sentence = element("p", { class: "state", "aria-live": "polite" });
  readonly #figures = element("dl");
  readonly #switch = element("input", { type: "checkbox", role: "switch", id: "p2p", "aria-describedby": "p2p-explain p2p-shares" });
  readonly #sharing = element("input", { type: "checkbox", role: "switch", id: "p2p-metered", "aria-describedby": "p2p-metered-explain" });
  readonly #metered: HTMLElement;
  #stats: EngineStats = withoutEngine(globalThis.isSecureContext, "RTCPeerConnection" in globalThis);

  constructor() {
    const title = element("h2", { id: "p2p-title" });
    const label = element("label", { for: "p2p" });
    const explain = element("p", { id: "p2p-explain" });
    const shares = element("p", { id: "p2p-shares" });
    const sharingLabel = element("label", { for: "p2p-metered" });
    const meteredExplain = element("p", { id: "p2p-metered-explain" });
    this.#metered = element("div", {}, element("span", { class: "switch" }, this.#sharing, sharingLabel), meteredExplain);
    const head = element("div", { class: "head" }, title, element("span", { class: "switch" }, this.#switch, label));
    this.root = element("section", { class: "p2p", "aria-labelledby": "p2p-title" }, head, this.#sentence, this.#figures, explain, shares, this.#metered);
    localised((m) => {
      title.textContent = m.p2p;
      label.textContent = m.p2pSwitch;
      explain.textContent = m.p2pExplain;
      shares.textContent = m.p2pShares;
      sharingLabel.textContent = m.p2pMeteredSwitch;
      meteredExplain.textContent = m.p2pMetered;
      this.#render();
    });
  }

  /** Show an engine's figures and let the switch act on it; without one the switch is dead. */
  follow(engine: Engine | null): void {
    this.#switch.disabled = engine === null;
    this.#switch.checked = engine !== null && p2pWanted();
    if (!engine) return;
    this.#switch.addEventListener("change", () => {
      remember("p2p", this.#switch.checked ? "on" : "off");
      engine.setEnabled(this.#switch.checked);
      this.#update(engine.stats());
    });
    this.#sharing.checked = sharingAgreed();
    this.#sharing.addEventListener("change", () => {
      remember("p2p-metered", this.#sharing.checked ? "on" : "off");
      engine.setSharing(this.#sharing.checked);
    });
    engine.onStats((stats) => {
      this.#update(stats);
    });
    this.#update(engine.stats());
  }

  #update(stats: EngineStats): void {
    this.#stats = stats;
    this.#render();
  }

  #render(): void {
    const view = swarmView(this.#stats, messages());
    this.#metered.hidden = this.#stats.metered !== true;
    this.badge.className = `badge ${view.tone}`;
    setText(this.badge, view.badge);
    setText(this.#sentence, view.sentence);
    const rows = view.figures.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value)));
    this.#figures.replaceChildren(...rows);
  }
}

/** Live regions speak on every change of their text, so it is only set when it differs. */
function setText(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}
