import { describe, expect, test } from "vitest";
import { fromGcj02, navigationLink, toBd09, toGcj02 } from "../src/navigation/links";

/** Tian'anmen as surveys give it (WGS-84), as Amap draws it (GCJ-02) and as Baidu does (BD-09). */
const WGS = [116.404, 39.915] as const;
const GCJ_OF_WGS = [116.41024449916938, 39.91640428150164];
const BD_OF_WGS = [116.41662724378733, 39.922699552216216];
const STORE = { lon: WGS[0], lat: WGS[1], name: "李宁店 (王府井), 1|2" };
const HELSINKI = { lon: 24.9384, lat: 60.1699, name: "Café Ä" };
const METRE = 1 / 111_320;

describe("datums", () => {
  test("known pairs in China", () => {
    const gcj = toGcj02(...WGS);
    expect(gcj[0]).toBeCloseTo(GCJ_OF_WGS[0] as number, 5);
    expect(gcj[1]).toBeCloseTo(GCJ_OF_WGS[1] as number, 5);
    const bd = toBd09(...WGS);
    expect(bd[0]).toBeCloseTo(BD_OF_WGS[0] as number, 5);
    expect(bd[1]).toBeCloseTo(BD_OF_WGS[1] as number, 5);
  });

  test("there and back within a metre", () => {
    for (const [lon, lat] of [WGS, [121.4737, 31.2304], [104.0668, 30.5728], [87.6168, 43.8256]] as const) {
      const [x, y] = fromGcj02(...toGcj02(lon, lat));
      expect(Math.abs(x - lon)).toBeLessThan(METRE);
      expect(Math.abs(y - lat)).toBeLessThan(METRE);
    }
  });

  test("no shift outside China", () => {
    expect(toGcj02(HELSINKI.lon, HELSINKI.lat)).toEqual([HELSINKI.lon, HELSINKI.lat]);
  });
});

describe("links", () => {
  test("Amap: GCJ-02, longitude first, the name without separators", () => {
    const link = new URL(navigationLink("amap", STORE));
    expect(link.origin + link.pathname).toBe("https://uri.amap.com/navigation");
    const [lon, lat, ...name] = (link.searchParams.get("to") as string).split(",");
    expect(Number(lon)).toBeCloseTo(GCJ_OF_WGS[0] as number, 5);
    expect(Number(lat)).toBeCloseTo(GCJ_OF_WGS[1] as number, 5);
    expect(name).toEqual(["李宁店 王府井 1 2"]);
    expect(link.searchParams.get("mode")).toBe("car");
    expect(link.searchParams.get("callnative")).toBe("1");
  });

  test("Baidu: BD-09, latitude first, and says so", () => {
    const link = new URL(navigationLink("baidu", STORE));
    expect(link.protocol).toBe("baidumap:");
    expect(link.searchParams.get("coord_type")).toBe("bd09ll");
    const [name, place] = (link.searchParams.get("destination") as string).split("|");
    expect(name).toBe("name:李宁店 王府井 1 2");
    const [lat, lon] = (place as string).replace("latlng:", "").split(",");
    expect(Number(lat)).toBeCloseTo(BD_OF_WGS[1] as number, 5);
    expect(Number(lon)).toBeCloseTo(BD_OF_WGS[0] as number, 5);
  });

  test("Google: WGS-84, latitude first", () => {
    const link = new URL(navigationLink("google", STORE));
    expect(link.searchParams.get("destination")).toBe("39.915000,116.404000");
    expect(link.searchParams.get("api")).toBe("1");
  });

  test("Apple: latitude first; GCJ-02 in China alone", () => {
    const [lat, lon] = (new URL(navigationLink("apple", STORE)).searchParams.get("daddr") as string).split(",");
    expect(Number(lat)).toBeCloseTo(GCJ_OF_WGS[1] as number, 5);
    expect(Number(lon)).toBeCloseTo(GCJ_OF_WGS[0] as number, 5);
    expect(new URL(navigationLink("apple", HELSINKI)).searchParams.get("daddr")).toBe("60.169900,24.938400");
  });

  test("geo: WGS-84, latitude first, the label in brackets", () => {
    expect(navigationLink("geo", HELSINKI)).toBe("geo:60.169900,24.938400?q=60.169900,24.938400(Caf%C3%A9%20%C3%84)");
  });
});
