/** The apps that the page can hand a stop to; `links` builds the link of each. */
export const NAVIGATORS = ["amap", "baidu", "google", "apple", "geo"] as const;
export type Navigator = (typeof NAVIGATORS)[number];
