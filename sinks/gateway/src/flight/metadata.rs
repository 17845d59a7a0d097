//! What there is to ask: one catalog, its schema, tables and views, and what this server can do.

use arrow::datatypes::Schema;
use arrow::record_batch::RecordBatch;
use arrow_flight::Ticket;
use arrow_flight::error::FlightError;
use arrow_flight::sql::metadata::{
    SqlInfoData, SqlInfoDataBuilder, XdbcTypeInfo, XdbcTypeInfoData, XdbcTypeInfoDataBuilder,
};
use arrow_flight::sql::{
    CommandGetCatalogs, CommandGetDbSchemas, CommandGetTableTypes, CommandGetTables, Nullable, ProstMessageExt,
    Searchable, SqlInfo, XdbcDataType,
};
use datafusion::datasource::TableType;
use tidewatch_lake::query::{CATALOG, SCHEMA, Session};
use tonic::Status;

/// The version of Arrow's columnar format.
const ARROW_FORMAT: &str = "1.5";

/// The ticket of a command.
pub(super) fn ticket(command: &impl ProstMessageExt) -> Ticket {
    Ticket::new(prost::Message::encode_to_vec(&command.as_any()))
}

pub(super) fn catalogs(query: CommandGetCatalogs) -> Result<RecordBatch, FlightError> {
    let mut builder = query.into_builder();
    builder.append(CATALOG);
    builder.build()
}

pub(super) fn schemas(query: CommandGetDbSchemas) -> Result<RecordBatch, FlightError> {
    let mut builder = query.into_builder();
    builder.append(CATALOG, SCHEMA);
    builder.build()
}

pub(super) fn table_types(query: CommandGetTableTypes) -> Result<RecordBatch, FlightError> {
    let mut builder = query.into_builder();
    for kind in [TableType::Base, TableType::View] {
        builder.append(named(kind));
    }
    builder.build()
}

/// The tables and views of a session.
pub(super) async fn tables(query: CommandGetTables, session: &Session) -> Result<RecordBatch, FlightError> {
    let mut builder = query.into_builder();
    for name in session.names() {
        let table = session.context().table_provider(name.as_str()).await;
        let table = table.map_err(|error| FlightError::ExternalError(error.into()))?;
        builder.append(CATALOG, SCHEMA, &name, named(table.table_type()), &Schema::clone(&table.schema()))?;
    }
    builder.build()
}

fn named(kind: TableType) -> &'static str {
    match kind {
        TableType::Base => "TABLE",
        TableType::View => "VIEW",
        TableType::Temporary => "LOCAL TEMPORARY",
    }
}

/// What this server is.
pub(super) fn about() -> Result<SqlInfoData, Status> {
    let mut builder = SqlInfoDataBuilder::new();
    builder.append(SqlInfo::FlightSqlServerName, "Tidewatch");
    builder.append(SqlInfo::FlightSqlServerVersion, env!("CARGO_PKG_VERSION"));
    builder.append(SqlInfo::FlightSqlServerArrowVersion, ARROW_FORMAT);
    builder.append(SqlInfo::FlightSqlServerReadOnly, true);
    builder.append(SqlInfo::FlightSqlServerSql, true);
    builder.append(SqlInfo::FlightSqlServerSubstrait, false);
    builder.append(SqlInfo::SqlIdentifierQuoteChar, "\"");
    builder.build().map_err(Status::from)
}

/// The types of columns.
pub(super) fn types() -> Result<XdbcTypeInfoData, Status> {
    let mut builder = XdbcTypeInfoDataBuilder::new();
    for (name, data_type, literal) in [
        ("boolean", XdbcDataType::XdbcBit, None),
        ("bigint", XdbcDataType::XdbcBigint, None),
        ("double", XdbcDataType::XdbcDouble, None),
        ("decimal", XdbcDataType::XdbcDecimal, None),
        ("text", XdbcDataType::XdbcVarchar, Some("'")),
        ("timestamp", XdbcDataType::XdbcTimestamp, Some("'")),
    ] {
        builder.append(XdbcTypeInfo {
            type_name: name.to_owned(),
            data_type,
            column_size: None,
            literal_prefix: literal.map(str::to_owned),
            literal_suffix: literal.map(str::to_owned),
            create_params: None,
            nullable: Nullable::NullabilityNullable,
            case_sensitive: name == "text",
            searchable: Searchable::Full,
            unsigned_attribute: Some(false),
            fixed_prec_scale: false,
            auto_increment: Some(false),
            local_type_name: Some(name.to_owned()),
            minimum_scale: None,
            maximum_scale: None,
            sql_data_type: data_type,
            datetime_subcode: None,
            num_prec_radix: None,
            interval_precision: None,
        });
    }
    builder.build().map_err(Status::from)
}
