"""The queueing stub that stands in pages before the file; it notes the page of each call."""

STUB = """
(function () {
  var a = window.analytics = window.analytics || [];
  if (a.initialized || a.invoked) return;
  a.invoked = true;
  var noted = ["track", "screen", "alias", "group", "page", "identify"];
  var methods = noted.concat(["ready", "on", "once", "off", "reset", "setAnonymousId", "addSourceMiddleware",
    "trackLink", "trackForm", "trackClick", "trackSubmit", "consent"]);
  methods.forEach(function (name) {
    a[name] = function () {
      if (a.initialized) return a[name].apply(a, arguments);
      var call = [].slice.call(arguments), link = document.querySelector("link[rel='canonical']");
      if (noted.indexOf(name) >= 0) call.push({__t: "bpc", c: link && link.getAttribute("href") || undefined,
        p: location.pathname, u: location.href, s: location.search, t: document.title, r: document.referrer});
      call.unshift(name);
      a.push(call);
      return a;
    };
  });
})();
"""
