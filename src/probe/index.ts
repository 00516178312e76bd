// Finding out what a server does with a key
export { probeContract } from './probe-contract.js'
export { planProbe, type ProbePlan } from './plan-probe.js'
export type { ProbeOptions } from './probe-options.js'

// What was found
export type { ProbeReport } from './probe-report.js'
export type { Conclusion, Finding, FindingResult, Findings } from './findings.js'
export type { SeenMarker } from './compare-answers.js'
export type { ProbeWarning } from './warnings.js'
export type { KeptWrite, Retention } from './retention.js'

// How it runs
export type { ProbeProgress, ProbeStop } from './probe-run.js'
export type { PhaseName, StepName } from './probe-steps.js'
export type { TemplateValues } from './body-template.js'

// As text
export { formatPlan, formatReport, type Paint } from './format-report.js'
