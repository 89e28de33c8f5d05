// Signs in by password, by the code of a link (behind #), or shows how the OpenID provider's answer ended.
const HOME = { rep: "/today", dispatcher: "/board", manager: "/territories", admin: "/board" };
const ENGLISH = {
  unknown: "Nobody here has your address. Ask your administrator to add you.",
  late: "That took too long. Please sign in again.",
  provider: "The sign-in was not confirmed. Please try again.",
  offline: "The service does not answer. Check your connection and try again.",
  withProvider: (name) => `Sign in with ${name}`,
};
const CHINESE = {
  welcome: "欢迎",
  byLink: "此链接用于登录这台设备，仅可使用一次。",
  here: "登录这台设备",
  signIn: "登录",
  email: "电子邮箱",
  password: "密码",
  unknown: "这里没有您的邮箱，请联系管理员添加。",
  late: "用时过长，请重新登录。",
  provider: "登录未获确认，请重试。",
  wrong: "邮箱或密码不正确，请检查。",
  used: "链接已使用或已超过十分钟，请重新索取。",
  offline: "服务没有响应，请检查网络后重试。",
  withProvider: (name) => `使用 ${name} 登录`,
};
const speaksChinese = (navigator.languages.find((tag) => /^(zh|en)\b/i.test(tag)) ?? "en").toLowerCase().startsWith("zh");
const words = speaksChinese ? CHINESE : ENGLISH;
if (speaksChinese) {
  document.documentElement.lang = "zh-Hans";
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = words[element.dataset.word];
}
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
    else say((reply.status === 401 && words[path ? "used" : "wrong"]) || answer.detail);
  } catch {
    say(words.offline);
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
  fetch("/api/v1/me").then((reply) => (reply.ok ? reply.json().then(enter) : say(words.provider)));
} else if (news.startsWith("failed=")) {
  const why = news.slice(7);
  say(why === "unknown" || why === "late" ? words[why] : words.provider);
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
  link.textContent = words.withProvider(provider.name);
  link.href = provider.url;
  link.hidden = false;
}).catch(() => {});
