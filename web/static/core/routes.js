/** The views: where each comes from, who may see it, and where it stands in the navigation. */

/**
 * @typedef {object} Route
 * @property {() => Promise<ViewModule>} load
 * @property {Scope} [scope] which a key needs; others do not see the view
 * @property {Scope} [or] another one that will do
 * @property {keyof typeof import("./icons.js").PATHS} [icon] only of views in the navigation, in this order
 * @property {string} [below] the view of the navigation to which one without an icon belongs
 */

/** Name, module and style sheet of a view are called alike; its texts begin with the name. */
/** @type {Record<string, Route>} */
export const ROUTES = {
  recognize: { load: () => import("../views/recognize.js"), scope: "recognize", icon: "recognize" },
  live: { load: () => import("../views/live.js"), scope: "recognize", icon: "live" },
  people: { load: () => import("../views/people.js"), scope: "read", icon: "people" },
  person: { load: () => import("../views/person.js"), scope: "read", below: "people" },
  todo: { load: () => import("../views/todo.js"), scope: "edit", icon: "todo" },
  bulk: { load: () => import("../views/bulk.js"), scope: "import", or: "export", icon: "bulk" },
  directories: { load: () => import("../views/directories.js"), scope: "read", icon: "directories" },
  keys: { load: () => import("../views/keys.js"), scope: "admin", below: "directories" },
  activity: { load: () => import("../views/activity.js"), scope: "read", icon: "activity" },
  status: { load: () => import("../views/status.js"), icon: "status" },
};

export const HOME = "recognize";
