//! A table of the lake as DataFusion reads it: the files that a query needs, and of their rows those of the principal.
//!
//! For an operator DataFusion reads the files itself and knows everything about them. For a tenant it gets a stream of rows
//! and nothing else: foreign rows, paths, counts and statistics never reach a plan, so no expression, no EXPLAIN and no error
//! can show them. That is the first wall. The second is a predicate in the logical plan.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::Session;
use datafusion::common::{DataFusionError, Result};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::{TableProvider, TableType, ViewTable, provider_as_source};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::functions_nested::expr_fn::array_has;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, TableProviderFilterPushDown, col, lit};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use datafusion::scalar::ScalarValue;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use tidewatch_schemas::Timestamp;

use super::{Principal, own, pruning, store_url, texts};
use crate::manifest::FileEntry;
use crate::table::Table;

/// A table of the lake.
#[derive(Debug)]
pub(super) struct LakeTable {
    table: Table,
    files: Arc<Vec<FileEntry>>,
    principal: Principal,
}

impl LakeTable {
    pub fn new(table: Table, files: Arc<Vec<FileEntry>>, principal: Principal) -> Self {
        Self { table, files, principal }
    }

    /// The table with what every query on it is asked on top: whose rows, and until when.
    pub fn up_to(self, until: Option<Timestamp>) -> Result<Arc<dyn TableProvider>> {
        let table = self.table;
        let late = until.map(|until| col(table.time_column()).lt_eq(moment(until)));
        let mandatory: Vec<Expr> = late.into_iter().chain(self.is_own()).collect();
        let Some(predicate) = conjunction(mandatory) else { return Ok(Arc::new(self)) };
        let scan = LogicalPlanBuilder::scan(table.name(), provider_as_source(Arc::new(self)), None)?;
        Ok(Arc::new(ViewTable::new(scan.filter(predicate)?.build()?, None)))
    }

    fn is_own(&self) -> Option<Expr> {
        let Principal::Tenant(name) = &self.principal else { return None };
        let column = self.table.tenant_column()?;
        let is_list = self.table == Table::IncidentEvents;
        Some(if is_list { array_has(col(column), lit(name.as_str())) } else { col(column).eq(lit(name.as_str())) })
    }

    /// The rows of a tenant, as a stream that nothing can look behind.
    fn stream_own(
        &self,
        tenant: &str,
        predicate: Option<&Arc<dyn PhysicalExpr>>,
        projection: Option<&Vec<usize>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let needed = pruning::needed(self.table, (&self.files, &self.schema()), predicate)?;
        let needed: Vec<&FileEntry> = needed.into_iter().filter(|file| file.may_have(tenant)).collect();
        let reader = read(&needed, None, None, (1, self.table.schema()))?;
        let rows = OwnRows { table: self.table, schema: self.schema(), tenant: tenant.to_owned(), reader };
        let rows: Arc<dyn PartitionStream> = Arc::new(rows);
        let exec = StreamingTableExec::try_new(self.schema(), vec![rows], projection, None, false, None)?;
        Ok(Arc::new(exec))
    }
}

/// Reads files on so many threads, with all of what a predicate may be checked on in advance.
fn read(
    needed: &[&FileEntry],
    projection: Option<&Vec<usize>>,
    predicate: Option<Arc<dyn PhysicalExpr>>,
    (threads, schema): (usize, SchemaRef),
) -> Result<Arc<dyn ExecutionPlan>> {
    let mut source = ParquetSource::new(schema);
    if let Some(predicate) = predicate {
        source = source.with_predicate(predicate);
    }
    let mut groups: Vec<Vec<PartitionedFile>> = vec![Vec::new(); threads.clamp(1, needed.len().max(1))];
    let count = groups.len();
    for (at, file) in needed.iter().enumerate() {
        if let Some(group) = groups.get_mut(at % count) {
            group.push(PartitionedFile::new(file.path.clone(), file.bytes));
        }
    }
    let config = FileScanConfigBuilder::new(store_url(), Arc::new(source))
        .with_file_groups(groups.into_iter().map(FileGroup::new).collect())
        .with_projection_indices(projection.cloned())?
        .build();
    Ok(DataSourceExec::from_data_source(config))
}

fn moment(at: Timestamp) -> Expr {
    lit(ScalarValue::TimestampMicrosecond(Some(at.0.saturating_mul(1_000)), Some("UTC".into())))
}

#[async_trait]
impl TableProvider for LakeTable {
    fn schema(&self) -> SchemaRef {
        texts::in_views(&self.table.schema())
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = datafusion::common::DFSchema::try_from(self.schema())?;
        let predicate = conjunction(filters.iter().cloned());
        let predicate = predicate.map(|filter| state.create_physical_expr(filter, &schema)).transpose()?;
        match &self.principal {
            Principal::Tenant(tenant) => self.stream_own(tenant, predicate.as_ref(), projection),
            Principal::Operator => {
                let needed = pruning::needed(self.table, (&self.files, &self.schema()), predicate.as_ref())?;
                let threads = state.config().target_partitions();
                read(&needed, projection, predicate, (threads, self.schema()))
            }
        }
    }
}

/// The rows of a tenant.
#[derive(Debug)]
struct OwnRows {
    table: Table,
    schema: SchemaRef,
    tenant: String,
    reader: Arc<dyn ExecutionPlan>,
}

impl PartitionStream for OwnRows {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (table, tenant, schema) = (self.table, self.tenant.clone(), Arc::clone(&self.schema));
        let rows = match self.reader.execute(0, context) {
            Err(error) => stream::once(async { Err(error) }).left_stream(),
            Ok(rows) => rows
                .and_then(move |batch| {
                    let own = own::rows(table, &tenant, &batch).and_then(|own| texts::as_views(&own, &schema));
                    async move { own.map_err(DataFusionError::from) }
                })
                .right_stream(),
        };
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), rows))
    }
}
