import { sentenceOf, service } from "../api/client";
import type { Explanation } from "./types";

export interface Answered {
  why: Explanation | null;
  problem: string;
}

const ALL = 500;

/** Why a stop stands where it does, with the price of every alternative. */
export async function explainVisit(visit: string, language: string): Promise<Answered> {
  const { data, error } = await service.GET("/api/v1/visits/{visit_id}/explanation", {
    params: { path: { visit_id: visit }, query: { alternatives: ALL } },
    headers: { "Accept-Language": language },
  });
  return { why: (data as Explanation | undefined) ?? null, problem: data ? "" : sentenceOf(error) };
}

/** Why a customer is in no plan of a day, and what would make room. */
export async function explainCustomer(customer: string, date: string, language: string): Promise<Answered> {
  const { data, error } = await service.GET("/api/v1/customers/{customer_id}/explanation", {
    params: { path: { customer_id: customer }, query: { date } },
    headers: { "Accept-Language": language },
  });
  return { why: (data as Explanation | undefined) ?? null, problem: data ? "" : sentenceOf(error) };
}
