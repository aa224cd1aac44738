// Global Privacy Platform 1.1: nothing is returned, all comes by callback. `segments` says whether sections
// are lists of segments, as the specification's getSection gives them, or plain objects.
// `choose(...)` plays the visitor who answers.
(() => {
  let listeners = {}, next = 1, status = 'not ready', core = {};
  const ping = () => ({
    gppVersion: '1.1', cmpStatus: 'loaded', cmpDisplayStatus: 'hidden', signalStatus: status,
    supportedAPIs: ['7:usnat'], cmpId: 31, sectionList: [7], applicableSections: [7],
    gppString: 'DBABLA~BVQqAAAAAgA.QA', parsedSections: {usnat: window.segments ? [core, {SubsectionType: 1, Gpc: false}] : core},
  });
  window.__gpp = (command, call, parameter) => {
    if (command == 'ping') return call(ping(), true);
    if (command == 'addEventListener') {
      const id = next++;
      listeners[id] = call;
      return call({eventName: 'listenerRegistered', listenerId: id, data: true, pingData: ping()}, true);
    }
    if (command == 'removeEventListener') { delete listeners[parameter]; return call(true, true); }
    call(null, false);
  };
  window.choose = fields => {
    core = {Version: 1, SaleOptOut: 2, SharingOptOut: 2, TargetedAdvertisingOptOut: 2, ...fields};
    const tell = (name, data) => Object.entries(listeners).forEach(([id, call]) =>
      call({eventName: name, listenerId: +id, data, pingData: ping()}, true));
    tell('sectionChange', 'usnat');
    status = 'ready';
    tell('signalStatus', 'ready');
  };
})();
