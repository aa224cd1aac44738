// Transparency and Consent Framework 2.2: addEventListener calls back at once and on every change.
// `choose(...)` plays the visitor who answers.
(() => {
  let listeners = {}, next = 1;
  let status = 'cmpuishown', consents = {};
  const data = id => ({
    tcString: status == 'cmpuishown' ? '' : 'CQtest.' + Object.keys(consents).join('-'), tcfPolicyVersion: 5,
    cmpId: 1, cmpVersion: 1, gdprApplies: true, eventStatus: status, cmpStatus: 'loaded', listenerId: id,
    isServiceSpecific: true, useNonStandardTexts: false, publisherCC: 'DE', purposeOneTreatment: false,
    purpose: {consents: {...consents}, legitimateInterests: {}}, vendor: {consents: {}, legitimateInterests: {}},
    specialFeatureOptins: {}, publisher: {consents: {}},
  });
  window.__tcfapi = (command, version, call, parameter) => {
    if (command == 'ping') return call({gdprApplies: true, cmpLoaded: true, cmpStatus: 'loaded', apiVersion: '2.2'}, true);
    if (command == 'addEventListener') { const id = next++; listeners[id] = call; return call(data(id), true); }
    if (command == 'removeEventListener') { const had = parameter in listeners; delete listeners[parameter]; return call(had); }
    call(null, false);
  };
  window.choose = purposes => {
    status = 'useractioncomplete';
    consents = {};
    for (let one = 1; one < 12; one++) consents[one] = purposes.includes(one);
    Object.entries(listeners).forEach(([id, call]) => call(data(+id), true));
  };
})();
