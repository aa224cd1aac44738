/** Makes a page call when a page has loaded. */

import { methods, starts } from './base/index'
import './views'

starts.push(() => methods.page())
