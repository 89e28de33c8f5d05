import { mount } from "svelte";
import "../design/tokens.css";
import "../design/base.css";
import { messages, preferred } from "../i18n/languages";
import { speech } from "../i18n/language.svelte";
import "../offline/install.svelte"; // hears the browser's offer, which comes once and early
import Page from "./Page.svelte";
import { Today } from "./today.svelte";

const start = globalThis.beatplan;
const target = document.getElementById("page");
if (!start || !target) throw new Error("the page is not whole");
const likely = preferred(navigator.languages);
void messages(likely).catch(() => undefined); // comes while the phone looks up what it keeps
const [database, opening] = await Promise.all([start.database, start.opening]);
const today = new Today(database, opening, start.date);
await speech.speak(today.settings.language ?? likely);
mount(Page, { target, props: { today } });
