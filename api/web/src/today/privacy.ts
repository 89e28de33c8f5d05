import { service } from "../api/client";

/** Whether the organisation keeps where reps arrive and leave, what it says of that, and whether this rep agreed. */
export interface PositionRules {
  kept: boolean;
  notice: string;
  days: number;
  agreed: boolean;
}

/** Asks for the rules as they stand; null without a network. */
export async function positionRules(rep: string): Promise<PositionRules | null> {
  try {
    const [settings, said] = await Promise.all([
      service.GET("/api/v1/privacy-settings"),
      service.GET("/api/v1/consents", { params: { query: { rep, limit: 1 } } }),
    ]);
    if (!settings.data || !said.data) return null;
    const { positions, position_days, notice } = settings.data;
    const last = said.data.items[0];
    return { kept: positions, days: position_days, notice, agreed: positions && last?.given === true && last.notice === notice };
  } catch {
    return null;
  }
}

/** Says yes or no; whether it was heard. */
export async function sayConsent(given: boolean): Promise<boolean> {
  const { data } = await service.POST("/api/v1/consents", { body: { given } });
  return data !== undefined;
}
