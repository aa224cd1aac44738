// The demo shop's behaviour: consent, click ids, the cart, and the events that each page sends.

const body = document.body;
const currency = body.dataset.currency;
const byId = (id) => document.getElementById(id);

// --- Small stores -----------------------------------------------------------------------------

const cookies = {
  read(name) {
    const found = document.cookie.split("; ").find((pair) => pair.startsWith(`${name}=`));
    if (!found) return null;
    try {
      return JSON.parse(decodeURIComponent(found.slice(name.length + 1)));
    } catch {
      return null;
    }
  },
  write(name, value, days) {
    const age = days ? `; Max-Age=${days * 86400}` : "";
    document.cookie = `${name}=${encodeURIComponent(JSON.stringify(value))}; Path=/shop; SameSite=Lax${age}`;
  },
  remove(name) {
    document.cookie = `${name}=; Path=/shop; Max-Age=0`;
  },
};

const stored = (name, otherwise) => {
  try {
    return JSON.parse(localStorage.getItem(name)) ?? otherwise;
  } catch {
    return otherwise;
  }
};
const store = (name, value) => localStorage.setItem(name, JSON.stringify(value));

const randomId = () => {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
};

// --- Consent ----------------------------------------------------------------------------------

const CATEGORIES = ["functional", "analytics", "advertising"];
let consent = cookies.read("shop_consent"); // null until the visitor has chosen

const banner = byId("consent");
const showBanner = () => {
  for (const code of CATEGORIES) banner.elements[code].checked = consent?.[code] ?? false;
  banner.hidden = false;
};

banner.addEventListener("submit", (event) => {
  event.preventDefault();
  const choice = event.submitter?.value ?? "chosen";
  const granted = (code) => choice === "all" || (choice === "chosen" && banner.elements[code].checked);
  consent = Object.fromEntries(CATEGORIES.map((code) => [code, granted(code)]));
  cookies.write("shop_consent", consent, 180);
  banner.hidden = true;
  keepClickIds();
  sendWaiting();
});
byId("privacy-choices").addEventListener("click", showBanner);
if (!consent) showBanner();

// --- Click ids: from the URL into a first-party cookie ------------------------------------------

const query = new URLSearchParams(location.search);
const clickIds = cookies.read("shop_click_ids") ?? {};
for (const name of ["adct", "ps_xid"]) if (query.get(name)) clickIds[name] = query.get(name);
if (query.getAll("sub_id").length) clickIds.sub_ids = query.getAll("sub_id");

// For this visit until the visitor has chosen, for 90 days with consent, not at all without.
function keepClickIds() {
  if (!Object.keys(clickIds).length) return;
  if (consent && !consent.advertising) {
    for (const name of Object.keys(clickIds)) delete clickIds[name];
    cookies.remove("shop_click_ids");
  } else {
    cookies.write("shop_click_ids", clickIds, consent ? 90 : 0);
  }
}
keepClickIds();

function providers() {
  const found = {};
  if (clickIds.adct) found.adroll = { adct: clickIds.adct };
  if (clickIds.ps_xid) found.partnerstack = { ps_xid: clickIds.ps_xid };
  if (clickIds.ps_xid && clickIds.sub_ids) found.partnerstack.sub_ids = clickIds.sub_ids;
  return found;
}

// --- Events: page, track and identify, as an analytics library would send them ---------------------

const ADDRESSES = { page: "/v1/p", track: "/v1/t", identify: "/v1/i" };
const anonymousId = stored("shop_anonymous_id", null) ?? randomId();
store("shop_anonymous_id", anonymousId);
const waiting = []; // until the visitor has chosen

function message(type, fields) {
  const visitor = stored("shop_visitor", {});
  return {
    type,
    messageId: randomId(),
    anonymousId,
    ...(visitor.userId && { userId: visitor.userId }),
    timestamp: new Date().toISOString(),
    ...fields,
    context: {
      page: {
        url: location.href,
        path: location.pathname,
        search: location.search,
        referrer: document.referrer,
        title: document.title,
      },
      userAgent: navigator.userAgent,
      locale: navigator.language,
      ...(visitor.email && { traits: { email: visitor.email } }),
      providers: providers(),
    },
  };
}

function send(type, fields) {
  waiting.push(message(type, fields));
  if (consent) sendWaiting();
  else note(`${fields.event ?? fields.name ?? type} waits for your privacy choice`);
}

function sendWaiting() {
  for (const event of waiting.splice(0)) post(event);
}

function post(event) {
  const { routerUrl, writeKey } = body.dataset;
  const label = event.event ?? event.name ?? event.type;
  event.context.consent = { categoryPreferences: consent };
  event.context.providers = providers();
  if (!routerUrl || !writeKey) return note(`${label} not sent: no router is connected`);
  const line = note(`${label} ...`);
  const sentAt = new Date().toISOString();
  return fetch(routerUrl + ADDRESSES[event.type], {
    method: "POST",
    keepalive: true, // survives a click that leaves the page
    headers: { "Content-Type": "text/plain" }, // no preflight
    body: JSON.stringify({ writeKey, sentAt, ...event }),
  }).then(
    (answer) => (line.textContent = `${label}: the router answered ${answer.status}`),
    () => (line.textContent = `${label}: the router did not answer`),
  );
}

function note(text) {
  const line = document.createElement("li");
  line.textContent = text;
  byId("sent").append(line);
  return line;
}

const analytics = {
  page: (name) => send("page", { name, properties: { url: location.href, path: location.pathname } }),
  track: (event, properties) => send("track", { event, properties }),
  identify: (userId, traits) => send("identify", { userId, traits }),
};

// --- The cart ---------------------------------------------------------------------------------

const cart = () => stored("shop_cart", []);
const money = (amount) => new Intl.NumberFormat("en-US", { style: "currency", currency }).format(amount);
const total = (items) => Math.round(items.reduce((sum, item) => sum + item.price * item.quantity, 0) * 100) / 100;

function saveCart(items) {
  store("shop_cart", items);
  showCartCount();
}

function showCartCount() {
  byId("cart-count").textContent = cart().reduce((sum, item) => sum + item.quantity, 0);
}

function addToCart(product) {
  const items = cart();
  const known = items.find((item) => item.product_id === product.product_id);
  if (known) known.quantity += 1;
  else items.push({ ...product, quantity: 1 });
  saveCart(items);
}

// --- Pages ------------------------------------------------------------------------------------

const element = (tag, text, attributes = {}) => Object.assign(document.createElement(tag), { textContent: text }, attributes);

const pages = {
  Home() {
    const products = [...document.querySelectorAll("#products [data-product]")];
    analytics.track("Product List Viewed", {
      list_id: "home",
      products: products.map((card) => JSON.parse(card.dataset.product)),
    });
  },

  Product() {
    const product = JSON.parse(byId("product").dataset.product);
    analytics.track("Product Viewed", { ...product, currency });
    byId("add-to-cart").addEventListener("click", () => {
      addToCart(product);
      analytics.track("Product Added", { ...product, quantity: 1, currency });
      byId("added").replaceChildren("In your cart. ", element("a", "Go to the cart", { href: "/shop/cart" }));
    });
  },

  Cart() {
    showCart();
    byId("start-checkout").addEventListener("click", () => {
      analytics.track("Checkout Started", { value: total(cart()), currency, products: cart() });
      byId("start-checkout").hidden = true;
      byId("checkout").hidden = false;
    });
    byId("checkout").addEventListener("submit", (event) => {
      event.preventDefault();
      const email = event.target.elements.email.value.trim();
      store("shop_visitor", { ...stored("shop_visitor", {}), email });
      store("shop_order", { order_id: `KF-${Date.now()}`, products: cart(), email, isSent: false });
      saveCart([]);
      location.href = "/shop/order";
    });
  },

  Order() {
    const order = stored("shop_order", null);
    if (!order) return;
    const amount = total(order.products);
    byId("order").textContent = `Order ${order.order_id} for ${money(amount)} is on its way. We wrote to ${order.email}.`;
    if (order.isSent) return;
    store("shop_order", { ...order, isSent: true });
    const { order_id, products } = order;
    analytics.track("Order Completed", { order_id, total: amount, revenue: amount, currency, products });
  },

  "Sign up"() {
    byId("signup").addEventListener("submit", (event) => {
      event.preventDefault();
      const { name, email } = event.target.elements;
      const traits = { name: name.value.trim(), email: email.value.trim() };
      const userId = stored("shop_visitor", {}).userId ?? `user-${randomId().slice(0, 8)}`;
      store("shop_visitor", { userId, email: traits.email });
      analytics.identify(userId, traits);
      analytics.track("Signed Up", { ...traits, type: "newsletter" });
      event.target.hidden = true;
      byId("signed-up").textContent = `Welcome, ${traits.name}. You are ${userId} to us.`;
    });
  },
};

function showCart() {
  const items = cart();
  if (!items.length) {
    byId("cart").replaceChildren(element("p", "It is empty. "), element("a", "See what we make", { href: "/shop" }));
    return;
  }
  const rows = items.map((item) => {
    const row = element("li", "");
    row.append(
      element("span", `${item.quantity} x ${item.name}`),
      element("span", money(item.price * item.quantity)),
      element("button", "Remove", { className: "link", type: "button", onclick: () => removeFromCart(item.product_id) }),
    );
    return row;
  });
  const list = element("ul", "", { className: "cart" });
  list.append(...rows);
  byId("cart").replaceChildren(list, element("p", `Total ${money(total(items))}`, { className: "price" }));
  byId("start-checkout").hidden = false;
}

function removeFromCart(productId) {
  saveCart(cart().filter((item) => item.product_id !== productId));
  showCart();
  if (!cart().length) byId("start-checkout").hidden = byId("checkout").hidden = true;
}

showCartCount();
analytics.page(body.dataset.page);
pages[body.dataset.page]?.();
