// The demo shop's behaviour: its consent banner, the cart, and the calls of `analytics` that a site makes.
// Ids, click ids, consent in events, queueing and sending are the tracking file's work.

const body = document.body;
const currency = body.dataset.currency;
const byId = (id) => document.getElementById(id);
const element = (tag, text, attributes = {}) => Object.assign(document.createElement(tag), { textContent: text }, attributes);

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
};

const stored = (name, otherwise) => {
  try {
    return JSON.parse(localStorage.getItem(name)) ?? otherwise;
  } catch {
    return otherwise;
  }
};
const store = (name, value) => localStorage.setItem(name, JSON.stringify(value));

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
  cookies.write("shop_consent", consent, 180); // the file reads this cookie on every page
  analytics.consent(consent); // and need not wait until it looks again
  banner.hidden = true;
});
byId("privacy-choices").addEventListener("click", showBanner);
if (!consent) showBanner();

// --- The tracking file ----------------------------------------------------------------------------

// Its snippet stands in the page's head. Without one the shop works all the same.
const METHODS = ["page", "track", "identify", "consent", "on", "ready"];
const analytics = window.analytics ?? Object.fromEntries(METHODS.map((name) => [name, () => {}]));

const note = (text) => byId("sent").append(element("li", text));
const happened = (label) => note(consent ? label : `${label} waits for your privacy choice`);
analytics.on("page", (category, name) => happened(`page ${name ?? location.pathname}`));
analytics.on("track", (event) => happened(event));
analytics.on("identify", (id) => happened(`identify ${id}`));
analytics.on("consent", () => consent && note("your privacy choice reached the tracking file"));
analytics.on("error", ({ code }) => note(`not sent: ${code}`));

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
      analytics.identify({ email }); // known from now on, also to identity syncs that need its hash
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
      const userId = stored("shop_user", null) ?? `user-${Date.now().toString(36)}`;
      store("shop_user", userId);
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
pages[body.dataset.page]?.();
