// OneTrust: groups stand in the cookie OptanonConsent and the global OnetrustActiveGroups. The event
// OneTrustGroupsUpdated comes on every load and every change, with the active groups as its detail.
// `choose(...)` plays the visitor who answers.
(() => {
  const known = ['C0001', 'C0002', 'C0004'];
  const cookie = name => (document.cookie.match('(?:^|; )' + name + '=([^;]*)') || [])[1];
  let closed = !!cookie('OptanonAlertBoxClosed'), changed = [];
  const stored = decodeURIComponent(new URLSearchParams(cookie('OptanonConsent') || '').get('groups') || '');
  let active = stored ? stored.split(',').filter(one => one.endsWith(':1')).map(one => one.slice(0, -2)) : ['C0001'];
  const tell = () => {
    const groups = known.map(one => one + ':' + (active.includes(one) ? 1 : 0)).join(',');
    document.cookie = 'OptanonConsent=isGpcEnabled=0&datestamp=Sat+Nov+21+2026&interactionCount=' + (closed ? 1 : 0)
      + '&groups=' + encodeURIComponent(groups) + '&AwaitingReconsent=false; path=/';
    window.OnetrustActiveGroups = window.OptanonActiveGroups = ',' + active.join(',') + ',';
    const event = new CustomEvent('OneTrustGroupsUpdated', {detail: active});
    window.dispatchEvent(event);
    return event;
  };
  window.OneTrust = {
    OnConsentChanged: call => changed.push(call),
    IsAlertBoxClosed: () => closed,
    GetDomainData: () => ({ShowAlertNotice: true, ConsentModel: {Name: 'opt-in'},
                           Groups: known.map(one => ({CustomGroupId: one}))}),
  };
  window.choose = granted => {
    active = ['C0001', ...granted];
    closed = true;
    document.cookie = 'OptanonAlertBoxClosed=2026-11-21T00:00:00.000Z; path=/';
    const event = tell();
    changed.forEach(call => call(event));
  };
  tell();
})();
