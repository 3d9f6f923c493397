/** What all pages share: skip link, name, links between pages, language switch. */
import { element } from "./element.ts";
import { chooseLanguage, currentLanguage, languages, localised, type Language } from "./language/language.ts";

function languageSwitch(): HTMLElement {
  const choice = element("select", { class: "language" });
  for (const [code, entries] of Object.entries(languages)) {
    choice.append(element("option", { value: code, lang: code }, entries.languageName));
  }
  choice.value = currentLanguage();
  choice.addEventListener("change", () => {
    chooseLanguage(choice.value as Language);
  });
  localised((m) => {
    choice.setAttribute("aria-label", m.switchLanguage);
  });
  return choice;
}

function pageLink(path: string, text: (m: Parameters<Parameters<typeof localised>[0]>[0]) => string): HTMLElement {
  const link = element("a", { href: path });
  if (location.pathname === path) link.setAttribute("aria-current", "page");
  localised((m) => {
    link.textContent = text(m);
  });
  return link;
}

/** Put the frame into the document and return its main part, to be filled by the page. */
export function pageFrame(): HTMLElement {
  const skip = element("a", { href: "#main", class: "skip" });
  const navigation = element("nav", {}, pageLink("/", (m) => m.courses), pageLink("/operators", (m) => m.operators));
  const name = element("a", { href: "/", class: "name" }, element("span", { class: "mark", "aria-hidden": "true" }), element("span", { class: "word" }, "Banyan"));
  const main = element("main", { id: "main", tabindex: -1 });
  localised((m) => {
    skip.textContent = m.skipToContent;
    navigation.setAttribute("aria-label", m.navigation);
  });
  document.body.replaceChildren(skip, element("header", { class: "frame" }, name, navigation, languageSwitch()), main);
  return main;
}
