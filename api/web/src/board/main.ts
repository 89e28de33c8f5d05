import { mount } from "svelte";
import "../design/tokens.css";
import "../design/base.css";
import "../design/office.css";
import "./board.css";
import { resumeSession } from "../api/session";
import { chosenLanguage } from "../i18n/chosen";
import Page from "./Page.svelte";
import { Board } from "./board.svelte";
import { said } from "./words/said.svelte";

const board = new Board();
const asked = new URLSearchParams(location.search).get("date");
if (asked && /^\d{4}-\d{2}-\d{2}$/.test(asked)) board.date = asked;
resumeSession();
await Promise.all([board.open(), said.speak(chosenLanguage())]);
const target = document.getElementById("page");
if (!target) throw new Error("the page has no place to stand");
mount(Page, { target, props: { board } });
