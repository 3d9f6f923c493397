/** `/`: courses and their items, kept up to date while the page is looked at. */
import "./style/base.css";
import "./style/catalogue.css";
import { itemCard } from "./catalogue/card.ts";
import { element } from "./element.ts";
import type { Course } from "./item.ts";
import { currentLanguage, localised, messages, type Language, type Messages } from "./language/language.ts";
import { getCourses, OriginError } from "./origin-api.ts";
import { pageFrame } from "./page-frame.ts";

const REFRESH = 10_000;

/** Shown as typed, in both languages. */
const PUBLISH_COMMAND = "banyan publish lecture.mp4";

type Shown = readonly Course[] | OriginError | null;

function courseSection(course: Course, m: Messages, language: Language): HTMLElement {
  const title = element("h2", {}, course.title);
  const count = element("span", { class: "count" }, m.items(course.items.length));
  const cards = course.items.map((item) => element("li", {}, itemCard(item, m, language)));
  const list = cards.length > 0 ? element("ul", { class: "cards" }, ...cards) : element("p", { class: "quiet" }, m.emptyCourse);
  return element("section", { class: "course", id: course.id }, element("div", { class: "head" }, title, count), list);
}

function emptyState(m: Messages): HTMLElement {
  const command = element("code", {}, PUBLISH_COMMAND);
  return element("div", { class: "message" }, element("h1", {}, m.emptyTitle), element("p", {}, m.emptyText), element("p", {}, command));
}

function contentOf(shown: Shown, m: Messages, language: Language): HTMLElement[] {
  if (shown === null) return [element("p", { class: "message", role: "status" }, m.loading)];
  if (shown instanceof OriginError) {
    const text = shown.status === 0 ? m.noConnection : m.serverSaid(shown.message);
    return [element("p", { class: "message", role: "alert" }, text)];
  }
  if (shown.length === 0) return [emptyState(m)];
  return [element("h1", {}, m.courses), ...shown.map((course) => courseSection(course, m, language))];
}

async function look(): Promise<Shown> {
  try {
    return await getCourses();
  } catch (error) {
    if (error instanceof OriginError) return error;
    throw error;
  }
}

function run(): void {
  const main = pageFrame();
  let shown: Shown = null;
  let text = "";
  const render = (m: Messages, language: Language): void => {
    document.title = `${m.courses} · Banyan`;
    main.replaceChildren(...contentOf(shown, m, language));
  };
  const refresh = async (): Promise<void> => {
    shown = await look();
    const now = shown instanceof OriginError ? shown.message : JSON.stringify(shown);
    // Cards that did not change keep their focus and their pictures.
    if (now === text) return;
    text = now;
    const first = !main.querySelector(".course");
    render(messages(), currentLanguage());
    if (first && location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
  };
  localised(render);
  void refresh();
  setInterval(() => {
    if (!document.hidden) void refresh();
  }, REFRESH);
}

run();
