import "fake-indexeddb/auto";
import { beforeEach, describe, expect, test } from "vitest";
import { forget, type Database } from "../src/offline/database";
import { openDatabase } from "../src/offline/open";
import { Outbox, type Reply } from "../src/offline/outbox";
import type { NewTap, Tap } from "../src/offline/tap";

let database: Database;
let sent: Tap[];
let replies: (tap: Tap) => Reply | Promise<Reply>;
let clock: number;
let count = 0;

const ACCEPTED: Reply = { kind: "accepted", answer: {}, kept: false, stands: "" };

function tapOn(visit: string, more: Partial<NewTap> = {}): NewTap {
  return { person: "ana", visit, name: visit, kind: "arrive", body: {}, version: 1, heldUntil: 0, ...more };
}

function outbox(over: Database = database): Outbox {
  return new Outbox({
    database: over,
    now: () => clock,
    alone: inTurn(),
    send: async (tap) => {
      sent.push(tap);
      return replies(tap);
    },
  });
}

/** What Web Locks do: one after the other. */
function inTurn(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
}

beforeEach(async () => {
  count += 1;
  database = await openDatabase(`test-${count}`);
  sent = [];
  replies = () => ACCEPTED;
  clock = 1_000_000;
});

describe("outbox", () => {
  test("sends in the order of tapping, each once", async () => {
    const box = outbox();
    for (const visit of ["a", "b", "c"]) await box.add(tapOn(visit));
    expect(await box.flush("ana")).toEqual({ halt: null, wakeAt: null });
    expect(sent.map((tap) => tap.visit)).toEqual(["a", "b", "c"]);
    await box.flush("ana");
    expect(sent).toHaveLength(3);
    expect(await box.all("ana")).toEqual([]);
  });

  test("two flushes at once send nothing twice", async () => {
    const box = outbox();
    await box.add(tapOn("a"));
    await box.add(tapOn("b"));
    await Promise.all([box.flush("ana"), box.flush("ana")]);
    expect(sent.map((tap) => tap.visit)).toEqual(["a", "b"]);
  });

  test("without a network everything waits, in order, with its keys", async () => {
    const box = outbox();
    await box.add(tapOn("a"));
    await box.add(tapOn("b"));
    replies = () => ({ kind: "later", why: "offline" });
    expect((await box.flush("ana")).halt).toBe("offline");
    expect(sent.map((tap) => tap.visit)).toEqual(["a"]);
    const keys = (await box.all("ana")).map((tap) => tap.key);
    replies = () => ACCEPTED;
    await box.flush("ana");
    expect(sent.slice(1).map((tap) => tap.key)).toEqual(keys);
    expect(new Set(keys).size).toBe(2);
  });

  test("a reload keeps the queue", async () => {
    await outbox().add(tapOn("a", { body: { outcome: "order" } }));
    database.close();
    const again = await openDatabase(`test-${count}`);
    const [tap] = await outbox(again).all("ana");
    expect(tap).toMatchObject({ visit: "a", body: { outcome: "order" }, state: "waiting", at: new Date(clock).toISOString() });
  });

  test("a death between answer and removal sends the same key again", async () => {
    const box = outbox();
    await box.add(tapOn("a"));
    replies = () => {
      throw new Error("the phone dies");
    };
    await expect(box.flush("ana")).rejects.toThrow("dies");
    replies = () => ACCEPTED;
    await box.flush("ana");
    expect(sent).toHaveLength(2);
    expect(sent[0]?.key).toBe(sent[1]?.key);
  });

  test("a refusal stays with its words until it is read, and holds up nothing", async () => {
    const box = outbox();
    await box.add(tapOn("a"));
    await box.add(tapOn("b"));
    replies = (tap) => (tap.visit === "a" ? { kind: "refused", detail: "already cancelled", stands: "cancelled" } : ACCEPTED);
    await box.flush("ana");
    const [left, ...none] = await box.all("ana");
    expect(none).toEqual([]);
    expect(left).toMatchObject({ visit: "a", state: "refused", refusal: "already cancelled" });
    await box.flush("ana");
    expect(sent).toHaveLength(2);
    await box.settle(left?.seq as number);
    expect(await box.all("ana")).toEqual([]);
  });

  test("a tap that came too late to change anything is shown as noted", async () => {
    const box = outbox();
    await box.add(tapOn("a"));
    replies = () => ({ kind: "accepted", answer: {}, kept: true, stands: "done" });
    await box.flush("ana");
    expect((await box.all("ana"))[0]?.state).toBe("kept");
  });

  test("a held tap is not sent, can be taken back, and holds what comes after it", async () => {
    const box = outbox();
    const cancel = await box.add(tapOn("a", { kind: "cancel", heldUntil: clock + 10_000 }));
    await box.add(tapOn("b"));
    expect(await box.flush("ana")).toEqual({ halt: "held", wakeAt: clock + 10_000 });
    expect(sent).toEqual([]);
    expect(await box.withdraw(cancel.seq)).toBe(true);
    await box.flush("ana");
    expect(sent.map((tap) => tap.visit)).toEqual(["b"]);
  });

  test("what is sent can no longer be taken back", async () => {
    const box = outbox();
    const cancel = await box.add(tapOn("a", { kind: "cancel", heldUntil: clock + 10_000 }));
    clock += 10_001;
    await box.flush("ana");
    expect(await box.withdraw(cancel.seq)).toBe(false);
  });

  test("what is found out after a tap is added while it waits, and brings nothing back that was sent", async () => {
    const box = outbox();
    const tap = await box.add(tapOn("a"));
    const position = { lon: 24.9, lat: 60.2, accuracy_m: 8 };
    await box.amend(tap.seq, { position });
    await box.flush("ana");
    expect(sent[0]?.body.position).toEqual(position);
    await box.amend(tap.seq, { position });
    expect(await box.all("ana")).toEqual([]);
  });

  test("a tap that changed nothing keeps how its visit stands instead", async () => {
    const box = outbox();
    await box.add(tapOn("a"));
    await box.add(tapOn("b"));
    replies = (tap) =>
      tap.visit === "a"
        ? { kind: "refused", detail: "no", stands: "cancelled" }
        : { kind: "accepted", answer: {}, kept: true, stands: "done" };
    await box.flush("ana");
    expect((await box.all("ana")).map((tap) => tap.stands)).toEqual(["cancelled", "done"]);
  });

  test("settling never drops a tap that waits", async () => {
    const box = outbox();
    const tap = await box.add(tapOn("a"));
    await box.settle(tap.seq);
    expect(await box.all("ana")).toHaveLength(1);
  });

  test("another person neither sends nor loses the taps of the one before", async () => {
    const box = outbox();
    await box.add(tapOn("a"));
    await box.add(tapOn("b", { person: "bo" }));
    await box.flush("bo");
    expect(sent.map((tap) => tap.visit)).toEqual(["b"]);
    await forget(database, "bo");
    expect(await box.all("ana")).toHaveLength(1);
  });
});
