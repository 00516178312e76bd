import { Area } from '../area.js'
import type { ReadOptions } from '../call-options.js'
import type { PageInput, PagePromise, PaginatedOutput } from '../page.js'
import { path } from '../path.js'
import type { Open } from '../types.js'
import { pageChecks } from '../checks.js'

/** Connectors that are installed. */
export class Connectors extends Area {
  /** Reads one page of the installations. */
  listConnectorInstallations(
    input?: ListConnectorInstallationsInput,
    options?: ReadOptions,
  ): PagePromise<ConnectorInstallationListOutput, ConnectorInstallation> {
    return this.readPage(
      listConnectorInstallationsShape,
      () => path`/v1/connectors/installations`,
      input,
      options,
    )
  }

  /** Reads all installations. */
  listAllConnectorInstallations(
    input?: Omit<ListConnectorInstallationsInput, 'cursor'>,
    options?: ReadOptions,
  ): AsyncGenerator<ConnectorInstallation, void, undefined> {
    return this.readAll(
      listConnectorInstallationsShape,
      () => path`/v1/connectors/installations`,
      input,
      options,
    )
  }
}

/** Which installed connectors to list. */
export interface ListConnectorInstallationsInput extends PageInput {}

const listConnectorInstallationsShape = {
  method: 'listConnectorInstallations',
  rows: 'installations',
  checks: pageChecks,
} as const

export interface ConnectorInstallationListOutput extends PaginatedOutput {
  installations: ConnectorInstallation[]
}

/** A connector that is installed. */
export interface ConnectorInstallation {
  installation_id: string
  plugin_id: string
  label: string
  subject_kind: string
  subject_display_name: string
  status: Open<'active' | 'degraded' | 'disconnected' | 'needs_reauth'>
  installed_at: string
  last_activity_at?: string | null
  stats: ConnectorInstallationStats
  capabilities: ConnectorInstallationCapabilities
}

/** What went through an installation. */
export interface ConnectorInstallationStats {
  resources: number
  qurls: number
  accesses_24h: number
  accesses_7d: number
  errors_24h: number
}

/** What may be done with an installation. */
export interface ConnectorInstallationCapabilities {
  configure: boolean
  disconnect: boolean
  reauth: boolean
  view_activity: boolean
}
