import { mount } from "svelte";
import "../design/tokens.css";
import "../design/base.css";
import "../design/office.css";
import "./territories.css";
import { resumeSession } from "../api/session";
import { chosenLanguage } from "../i18n/chosen";
import { watchWorker } from "../offline/worker.svelte";
import Page from "./Page.svelte";
import { Alignment } from "./alignment.svelte";
import { said } from "./words/said.svelte";

const alignment = new Alignment();
resumeSession();
await Promise.all([alignment.open(), said.speak(chosenLanguage())]);
const target = document.getElementById("page");
if (!target) throw new Error("the page has no place to stand");
mount(Page, { target, props: { alignment } });
watchWorker();
