import { mount } from "svelte";
import "../design/tokens.css";
import "../design/base.css";
import { preferred } from "../i18n/languages";
import { speech } from "../i18n/language.svelte";
import { openDatabase } from "../offline/database";
import "../offline/install.svelte"; // hears the browser's offer, which comes once and early
import { watchWorker } from "../offline/worker.svelte";
import Page from "./Page.svelte";
import { Today } from "./today.svelte";

const today = new Today(await openDatabase());
const asked = new URLSearchParams(location.search).get("date");
if (asked && /^\d{4}-\d{2}-\d{2}$/.test(asked)) today.date = asked;
await today.recallAll();
await speech.speak(today.settings.language ?? preferred(navigator.languages));
const target = document.getElementById("page");
if (!target) throw new Error("the page has no place to stand");
mount(Page, { target, props: { today } });
watchWorker();
