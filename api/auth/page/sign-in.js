// Signs in by password, by the code of a link (behind #), or shows how the OpenID provider's answer ended.
const HOME = { rep: "/today", dispatcher: "/board", manager: "/territories", admin: "/data" };
const FAILED = {
  unknown: "Nobody here has your address. Ask your administrator to add you.",
  late: "That took too long. Please sign in again.",
  provider: "The sign-in was not confirmed. Please try again.",
};
const find = (id) => document.getElementById(id);
const say = (text) => { find("news").textContent = text; };

function enter(me) { location.replace(HOME[me.role] ?? "/"); }

async function signIn(form, path, body) {
  const button = form.querySelector("button");
  button.disabled = true;
  say("");
  try {
    const reply = await fetch(`/api/v1/sessions${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ...body, cookie: true }),
    });
    const answer = await reply.json();
    if (reply.ok) enter(answer.me);
    else say(answer.detail);
  } catch {
    say("The service does not answer. Check your connection and try again.");
  } finally {
    button.disabled = false;
  }
}

find("by-password").addEventListener("submit", (event) => {
  event.preventDefault();
  const given = new FormData(event.target);
  signIn(event.target, "", { email: given.get("email"), password: given.get("password") });
});

const news = location.hash.slice(1);
history.replaceState(null, "", location.pathname);
if (news === "welcome") {
  fetch("/api/v1/me").then((reply) => (reply.ok ? reply.json().then(enter) : say(FAILED.provider)));
} else if (news.startsWith("failed=")) {
  say(FAILED[news.slice(7)] ?? FAILED.provider);
} else if (news) {
  find("by-password").hidden = true;
  find("by-link").hidden = false;
  find("by-link").addEventListener("submit", (event) => {
    event.preventDefault();
    signIn(event.target, "/link", { code: news });
  });
}

fetch("/api/v1/sessions/ways").then(async (reply) => {
  const { provider } = await reply.json();
  if (!provider) return;
  const link = find("by-provider");
  link.textContent = `Sign in with ${provider.name}`;
  link.href = provider.url;
  link.hidden = false;
}).catch(() => {});
