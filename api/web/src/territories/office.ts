/** The service as this page speaks with it: the only place that knows its addresses and shapes. */
import { sentenceOf, service } from "../api/client";
import type { components } from "../api/schema";
import type { Assignments, Step } from "./draft";
import {
  KINDS,
  NOBODY,
  type Cell,
  type Division,
  type Ground,
  type HandOver,
  type Home,
  type Kind,
  type Parts,
  type Simulated,
  type Study,
  type StudyState,
  type WhiteSpace,
  type Wish,
} from "./model";

type Schemas = components["schemas"];
type Figures = Schemas["AlternativeView"];
const MINUTE_S = 60;
const PAGE = 1000;
const LOOK_AGAIN_MS = [300, 500, 800, 1200, 2000];

/** What the service refused, in its own sentence. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    sentence: string,
  ) {
    super(sentence);
  }
}

/** A question for five proposals. */
export interface Asked {
  name: string;
  approvals: number;
  keyTiers?: readonly string[];
  add?: { name: string; lon: number; lat: number };
  pins?: Record<string, string>;
}

/** The answer, or the refusal thrown. */
export function answered<T>({ data, error, response }: { data?: T; error?: unknown; response: Response }): T {
  if (response.ok && data !== undefined) return data;
  throw new Refused(response.status, sentenceOf(error) || `${response.status}`);
}

export async function readStudies(me: string): Promise<Study[]> {
  const { items } = answered(await service.GET("/api/v1/territory-proposals", { params: { query: { limit: 50 } } }));
  return items.map((one) => studyOf(one, me));
}

/** How a study stands now. */
export async function readState(id: string, me: string): Promise<Study> {
  return studyOf(await readDetail(id), me);
}

/** A study when it is no longer being worked out. */
export async function untilReady(study: Study, me: string): Promise<Study> {
  let found = study;
  for (let look = 0; found.state === "queued"; look += 1) {
    const wait = LOOK_AGAIN_MS[Math.min(look, LOOK_AGAIN_MS.length - 1)];
    await new Promise((done) => setTimeout(done, wait));
    try {
      found = await readState(study.id, me);
    } catch (error) {
      if (error instanceof Refused) throw error; // an answer that did not come is asked for again
    }
  }
  return found;
}

export async function propose({ name, approvals, keyTiers, add, pins }: Asked, me: string): Promise<Study> {
  const body = {
    name,
    approvals,
    pins: pins ?? {},
    ...(keyTiers ? { key_tiers: [...keyTiers] } : {}),
    ...(add ? { add: [{ ...add, weekly_hours: 40, skills: [] }] } : {}),
  };
  return studyOf(answered(await service.POST("/api/v1/territory-proposals", { body })), me);
}

/** Pins as the service takes them; those in territories that do not exist yet are left out. */
export function pinsOf(ground: Ground, pins: Assignments): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [customer, territory] of pins) {
    const [one, into] = [ground.customers[customer], ground.territories[territory]];
    if (one && into && !into.isNew) found[one.id] = into.id;
  }
  return found;
}

/** The ground of a study, its five divisions, and the manager's own version where there is one. */
export async function readStudy(id: string): Promise<{ ground: Ground; divisions: Map<Kind, Division>; own: Schemas["AlternativeOut"] | null }> {
  const [list, detail] = await Promise.all([
    service.GET("/api/v1/territory-proposals/{proposal_id}/customers", { params: { path: { proposal_id: id } } }),
    readDetail(id),
  ]);
  const ground = groundOf(answered(list));
  const own = ["draft", "what_if"].find((name) => detail.alternatives.some(({ figures }) => figures.name === name));
  const [kept, ...five] = await Promise.all([own ? readAlternative(id, own) : null, ...KINDS.map((kind) => readAlternative(id, kind))]);
  const divisions = new Map(KINDS.map((kind, place) => [kind, divisionOf(ground, five[place] as Schemas["AlternativeOut"])]));
  return { ground, divisions, own: kept ?? null };
}

export async function readAlternative(id: string, name: string): Promise<Schemas["AlternativeOut"]> {
  const path = { proposal_id: id, alternative: name };
  return answered(await service.GET("/api/v1/territory-proposals/{proposal_id}/alternatives/{alternative}", { params: { path } }));
}

/** The shapes of a division for the map. */
export async function readParts(id: string, ground: Ground, name: string): Promise<Parts> {
  const path = { proposal_id: id, alternative: name };
  const found = answered(await service.GET("/api/v1/territory-proposals/{proposal_id}/alternatives/{alternative}/boundaries", { params: { path } }));
  const { features } = found as unknown as { features: { geometry: Parts["features"][number]["geometry"]; properties: { territory: string } }[] };
  const places = new Map(ground.territories.map((one, index) => [one.id, index]));
  return {
    type: "FeatureCollection",
    features: features.map(({ geometry, properties }) => ({ type: "Feature", geometry, properties: { territory: places.get(properties.territory) ?? NOBODY } })),
  };
}

/** Everybody who changes hands in a division. */
export async function readHandOvers(id: string, ground: Ground, name: string): Promise<HandOver[]> {
  const customers = new Map(ground.customers.map((one, index) => [one.id, index]));
  const territories = new Map(ground.territories.map((one, index) => [one.id, index]));
  const found: HandOver[] = [];
  let cursor: string | null = null;
  do {
    const path = { proposal_id: id, alternative: name };
    const query: { limit: number; cursor?: string } = { limit: PAGE, ...(cursor ? { cursor } : {}) };
    const page: Schemas["HandOverPage"] = answered(
      await service.GET("/api/v1/territory-proposals/{proposal_id}/alternatives/{alternative}/hand-overs", { params: { path, query } }),
    );
    for (const one of page.items) {
      found.push({
        customer: customers.get(one.customer) ?? NOBODY,
        from: territories.get(one.source ?? "") ?? NOBODY,
        to: territories.get(one.target) ?? NOBODY,
        saves: one.saves_s / MINUTE_S,
        relieves: one.relieves_s / MINUTE_S,
        years: one.years,
        breaks: one.breaks,
        joins: one.joins_island,
      });
    }
    cursor = page.next_cursor;
  } while (cursor);
  return found;
}

export async function readWhiteSpace(id: string): Promise<WhiteSpace> {
  const params = { path: { proposal_id: id } };
  const [cells, bases] = await Promise.all([
    service.GET("/api/v1/territory-proposals/{proposal_id}/white-space", { params }),
    service.POST("/api/v1/territory-proposals/{proposal_id}/bases", { params, body: { weekly_hours: 40, candidates: 25, listed: 3 } }),
  ]);
  const { features } = answered(cells) as unknown as { features: { geometry: { coordinates: [number, number][][] }; properties: { per_hour: number; customers: number } }[] };
  const homes = answered(bases).suggestions.map(({ lon, lat, near, saves_s }): Home => ({ lon, lat, near, saves: saves_s / MINUTE_S }));
  return { cells: features.map(cellOf), homes };
}

/** Has a month of a division planned on real roads, and waits for what comes of it. */
export async function simulate(id: string, name: string, digest: string): Promise<Simulated> {
  const path = { proposal_id: id, alternative: name };
  const task = answered(await service.POST("/api/v1/territory-proposals/{proposal_id}/alternatives/{alternative}/validation", { params: { path } }));
  for (let look = 0; ; look += 1) {
    await new Promise((done) => setTimeout(done, LOOK_AGAIN_MS[Math.min(look, LOOK_AGAIN_MS.length - 1)]));
    const { validation } = await readAlternative(id, name);
    if (validation?.digest === digest) return validation;
    const failed = (await readDetail(id)).tasks.find((one) => one.id === task.id && one.status === "failed");
    if (failed) throw new Refused(409, failed.message);
  }
}

export async function approve(id: string, alternative: string): Promise<void> {
  const params = { path: { proposal_id: id } };
  answered(await service.POST("/api/v1/territory-proposals/{proposal_id}/approvals", { params, body: { alternative, comment: "" } }));
}

export async function publish(study: Study, alternative: string, from: string, jointVisitDays: number): Promise<void> {
  const params = { path: { proposal_id: study.id }, header: { "if-match": `"${study.version}"` } };
  const body = { alternative, effective_from: from, joint_visit_days: jointVisitDays };
  answered(await service.POST("/api/v1/territory-proposals/{proposal_id}/publish", { params, body }));
}

export async function rollBack(study: Study): Promise<void> {
  const params = { path: { proposal_id: study.id }, header: { "if-match": `"${study.version}"` } };
  answered(await service.POST("/api/v1/territory-proposals/{proposal_id}/roll-back", { params }));
}

/** A wish as the service takes it. */
export function wishBody({ tolerance, movePrice, compactness, mostMoved }: Wish) {
  return { tolerance, compactness, most_moved: mostMoved, move_price_s: movePrice === null ? null : movePrice * MINUTE_S };
}

/** A division from its figures and owners. */
export function divisionOf(ground: Ground, { figures, owners }: { figures: Figures; owners: readonly number[] }): Division {
  const customers = new Map(ground.customers.map((one, index) => [one.id, index]));
  const territories = new Map(ground.territories.map((one, index) => [one.id, index]));
  return {
    name: figures.name,
    digest: figures.digest,
    owners: Int16Array.from(owners),
    loads: figures.territories.map((one) => ({
      minutes: one.work_s / MINUTE_S,
      capacity: one.capacity_s / MINUTE_S,
      travel: one.drive_s / MINUTE_S,
      customers: one.customers,
      deviation: one.deviation,
    })),
    spread: figures.worst,
    travel: figures.travel_s / MINUTE_S,
    moved: figures.moved,
    valueMoved: figures.moved_value_s / MINUTE_S,
    broken: figures.broken,
    exceptions: figures.exceptions.map(({ customer, territory, reason }) => ({
      customer: customers.get(customer) ?? NOBODY,
      territory: territories.get(territory) ?? NOBODY,
      held: reason.startsWith("held"),
    })),
    exceptionCount: figures.exception_count,
    gap: figures.gap,
    wish: {
      tolerance: figures.tolerance,
      movePrice: figures.move_price_s / MINUTE_S,
      compactness: figures.compactness,
      mostMoved: figures.most_moved,
    },
    notes: figures.notes,
  };
}

/** A stored own version as the first step of a history. */
export function stepOf(ground: Ground, stored: Schemas["AlternativeOut"]): Step {
  const customers = new Map(ground.customers.map((one, index) => [one.id, index]));
  const territories = new Map(ground.territories.map((one, index) => [one.id, index]));
  const division = divisionOf(ground, stored);
  const pins = new Map(Object.entries(stored.pins).map(([customer, territory]) => [customers.get(customer) ?? NOBODY, territories.get(territory) ?? NOBODY]));
  return { base: "balanced", division, pins, wish: division.wish, deed: { kind: "begin" } };
}

async function readDetail(id: string): Promise<Schemas["TerritoryProposalDetail"]> {
  return answered(await service.GET("/api/v1/territory-proposals/{proposal_id}", { params: { path: { proposal_id: id } } }));
}

function studyOf(one: Schemas["TerritoryProposalOut"] | Schemas["TerritoryProposalDetail"], me: string): Study {
  return {
    id: one.id,
    name: one.name,
    state: one.state as StudyState,
    message: one.message,
    version: one.version,
    mine: one.actor === me,
    approvalsNeeded: one.approvals_needed,
    approvals: "approvals" in one ? one.approvals.map(({ alternative, current, person_id }) => ({ alternative, isCurrent: current, mine: person_id === me })) : [],
    alternative: one.alternative,
    effectiveFrom: one.effective_from,
    leftOut: "left_out" in one ? one.left_out : 0,
  };
}

/** The client's types turn pairs into lists. */
type Listed = Omit<Schemas["ProposalCustomers"], "territories"> & { territories: (Omit<Schemas["ProposalTerritory"], "bases"> & { bases: number[][] })[] };

function groundOf(found: Listed): Ground {
  return {
    customers: found.customers.map((one) => ({
      id: one.id,
      name: one.name,
      tier: one.tier,
      lon: one.lon,
      lat: one.lat,
      isKey: one.key,
      value: one.value_s / MINUTE_S,
      minutes: one.work_s / MINUTE_S,
      years: one.years,
    })),
    territories: found.territories.map((one) => ({
      id: one.id,
      name: one.name,
      isNew: one.is_new,
      reps: one.reps.length,
      homes: one.bases.map(([lon = 0, lat = 0]) => ({ lon, lat })),
    })),
  };
}

function cellOf({ geometry, properties }: { geometry: { coordinates: [number, number][][] }; properties: { per_hour: number; customers: number } }): Cell {
  const ring = (geometry.coordinates[0] ?? []).map(([lon, lat]) => ({ lon, lat }));
  const [west, , east] = ring;
  const middle = { lon: ((west?.lon ?? 0) + (east?.lon ?? 0)) / 2, lat: ((west?.lat ?? 0) + (east?.lat ?? 0)) / 2 };
  return { ring, middle, potential: properties.per_hour / MINUTE_S, customers: properties.customers };
}
