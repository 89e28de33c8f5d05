/** What the page does once its list stands: none of it is loaded before. */
export { historyOf, keepHistory } from "../offline/history";
export { followEvents } from "../offline/live";
export { keepPack } from "../offline/pack";
export { whereThisIs } from "../offline/position";
export { positionRules } from "./privacy";
