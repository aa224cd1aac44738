// Cookiebot: one object of answers, `hasResponse`, and three events on window. The cookie is not JSON.
// `choose(...)` plays the visitor who answers.
(() => {
  const cookie = (document.cookie.match('(?:^|; )CookieConsent=([^;]*)') || [])[1];
  const names = ['necessary', 'preferences', 'statistics', 'marketing'];
  const answers = {necessary: true, preferences: false, statistics: false, marketing: false, method: null, stamp: '0'};
  const stored = cookie && decodeURIComponent(cookie);
  if (stored) names.forEach(one => { answers[one] = stored.includes(one + ':true'); });
  window.Cookiebot = {consent: answers, hasResponse: !!stored, consented: !!stored, declined: false,
                      doNotTrack: false, regulations: {gdprApplies: true}};
  const tell = name => window.dispatchEvent(new Event(name));
  window.choose = granted => {
    names.slice(1).forEach(one => { answers[one] = granted.includes(one); });
    answers.method = 'explicit';
    Cookiebot.hasResponse = true;
    Cookiebot.consented = granted.length > 0;
    Cookiebot.declined = !Cookiebot.consented;
    document.cookie = 'CookieConsent=' + encodeURIComponent("{stamp:'x',"
      + names.map(one => one + ':' + answers[one]).join(',') + ",method:'explicit',ver:1,utc:1,region:'de'}") + '; path=/';
    tell('CookiebotOnConsentReady');
    tell(Cookiebot.consented ? 'CookiebotOnAccept' : 'CookiebotOnDecline');
  };
  if (stored) setTimeout(() => { tell('CookiebotOnConsentReady'); tell('CookiebotOnAccept'); });
})();
