/** Our search attributes, all of Temporal's type Keyword; the dev server is started with them. */
export const SEARCH_ATTRIBUTES = ["SwarmTarget", "SwarmRun", "SwarmPackage", "SwarmDrone", "SwarmState"] as const;
