import { signedIn } from "../api/client";

/** Saves a rep's day as a file on this computer. */
export async function saveFile(rep: string, date: string, format: "csv" | "gpx"): Promise<void> {
  const reply = await fetch(`/api/v1/reps/${encodeURIComponent(rep)}/plans/${date}/file?format=${format}`, { headers: signedIn() });
  if (!reply.ok) return;
  const address = URL.createObjectURL(await reply.blob());
  const link = document.createElement("a");
  link.href = address;
  link.download = `${rep}-${date}.${format}`;
  link.click();
  URL.revokeObjectURL(address);
}
