/** The majors of undici that this Node runs. */
export const undiciVersions = Number(process.versions.node.split('.')[0]) >= 22 ? [6, 7, 8] : [6, 7]
