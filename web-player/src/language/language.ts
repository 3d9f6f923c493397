/** The page's language: the viewer's choice, else the browser's first of Chinese and English, else English. */
import { remember, remembered } from "../preferences.ts";
import { chinese } from "./chinese.ts";
import { english, type Messages } from "./english.ts";

export type { Messages } from "./english.ts";

export const languages = { zh: chinese, en: english } as const satisfies Record<string, Messages>;
export type Language = keyof typeof languages;

/** BCP 47 tags for `lang` attributes, Intl and media-chrome. */
export const languageTag: Readonly<Record<Language, string>> = { zh: "zh-CN", en: "en" };

/** Choose from what was remembered and the browser's list (navigator.languages). */
export function pickLanguage(chosen: string | null, preferred: readonly string[]): Language {
  if (chosen === "zh" || chosen === "en") return chosen;
  for (const tag of preferred) {
    const base = tag.toLowerCase().split("-")[0];
    if (base === "zh" || base === "en") return base;
  }
  return "en";
}

type Listener = (messages: Messages, language: Language) => void;
const listeners = new Set<Listener>();
let current = pickLanguage(remembered("language"), navigator.languages);
document.documentElement.lang = languageTag[current];

export const currentLanguage = (): Language => current;
export const messages = (): Messages => languages[current];

/** Call `listener` now and whenever the language changes. Returns how to stop it. */
export function localised(listener: Listener): () => void {
  listeners.add(listener);
  listener(messages(), current);
  return () => listeners.delete(listener);
}

/** Switch, remember the choice, and tell every listener. */
export function chooseLanguage(language: Language): void {
  current = language;
  remember("language", language);
  document.documentElement.lang = languageTag[language];
  for (const listener of listeners) listener(messages(), language);
}
