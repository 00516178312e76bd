import { Area } from '../area.js'
import type { ReadOptions } from '../call-options.js'
import type { PaginatedOutput } from '../page.js'
import { path } from '../path.js'
import type { Open } from '../types.js'
import { pageChecks } from '../validate.js'

/** Connectors that are installed. */
export class Connectors extends Area {
  /** Reads one page of the installations. */
  async listConnectorInstallations(
    input?: ListConnectorInstallationsInput,
    options?: ReadOptions,
  ): Promise<ConnectorInstallationListOutput> {
    const url = path`/v1/connectors/installations`
    return this.readPage('listConnectorInstallations', 'installations', url, input, pageChecks, options)
  }

  /** Reads all installations. */
  listAllConnectorInstallations(
    input?: Omit<ListConnectorInstallationsInput, 'cursor'>,
    options?: ReadOptions,
  ): AsyncGenerator<ConnectorInstallation, void, undefined> {
    return this.readAll(
      'listAllConnectorInstallations',
      input,
      pageChecks,
      (query: ListConnectorInstallationsInput) => this.listConnectorInstallations(query, options),
      (page) => page.installations,
      options,
    )
  }
}

export interface ListConnectorInstallationsInput {
  /** 1 to 100. @defaultValue `20` */
  limit?: number
  cursor?: string
}

export interface ConnectorInstallationListOutput extends PaginatedOutput {
  installations: ConnectorInstallation[]
}

export interface ConnectorInstallation {
  installation_id: string
  plugin_id: string
  label: string
  subject_kind: string
  subject_display_name: string
  status: Open<'active' | 'degraded' | 'disconnected' | 'needs_reauth'>
  installed_at: string
  last_activity_at?: string | null
  stats: {
    resources: number
    qurls: number
    accesses_24h: number
    accesses_7d: number
    errors_24h: number
  }
  capabilities: {
    configure: boolean
    disconnect: boolean
    reauth: boolean
    view_activity: boolean
  }
}
