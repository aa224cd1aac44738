/** Identity syncs that take query parameters of the page's address. */

import { readers } from './sync'
import { parameter } from './parameter'

readers.urlParams = (_, id) => parameter(id).join()

// Noted at once, for the address may change before anything may be kept.
for (const { _method, _ids } of $._syncs!) if (_method == 'urlParams') _ids.forEach(parameter)
