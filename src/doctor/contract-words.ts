/** Words that a report may quote from a message of the service. Each is common, and none of them names a thing, a place or a person. */
export const VOCABULARY: ReadonlySet<string> = new Set(
  `a about access account action active after again already also an and any api are argument as at authenticated authentication
  authorization authorized available bad be because been before being between body both but by call caller can cannot catalog
  characters check checking code config configuration could create created credential currently deleted denied deployment disabled
  do does doesn't don't enabled endpoint endpoints entity entities error exist exists expected failed feature field fields find following for format
  forbidden found from function given group groups has have header however id identifier if in inference input insufficient integer internal invalid
  is it item its json least length limit list load log logs longer match metastore method metrics missing model models must name names
  need needs no not null number object of off on once one only operation option or other output page parameter parse path permission
  permissions please policy principal privilege privileges property provide provided query read ready received refused registered
  replace request requested requests require required requires resource response retry retrying role route routine same schema scope scopes
  secret securable see sent served server service serving set should size specified state status stopped such support supported
  template text than that the their them there this to token too try type types unable unauthorized unexpected unknown unsupported
  up update updated url use user username using valid value values version versions view wait was were when where which while with
  within without workspace write wrong yet you your`
    .split(/\s+/)
    .filter(Boolean),
);
