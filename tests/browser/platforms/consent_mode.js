// Google Consent Mode as gtag's own snippet has it: a default first, an update when the visitor answers.
// `choose(...)` plays the visitor who answers.
window.dataLayer = window.dataLayer || [];
function gtag() { dataLayer.push(arguments); }
gtag('consent', 'default', {ad_storage: 'denied', analytics_storage: 'denied', ad_user_data: 'denied',
                            ad_personalization: 'denied', wait_for_update: 500});
window.choose = granted => {
  const answer = {};
  for (const one of ['ad_storage', 'analytics_storage', 'ad_user_data', 'ad_personalization'])
    answer[one] = granted.includes(one) ? 'granted' : 'denied';
  gtag('consent', 'update', answer);
};
