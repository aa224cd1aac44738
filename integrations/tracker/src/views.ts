/** Makes the page calls that the site does not make itself. */

import { methods, starts } from './base/index'
import { win } from './base/page'
import { listen } from './listen'

/** Back to a page that the browser had kept whole: seen again, and no script starts. */
starts.push(() => listen(win, 'pageshow', (event) => event.persisted && methods.page()))
