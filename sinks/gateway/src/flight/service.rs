//! Questions: their columns when they are asked about, their rows when they are fetched.

use std::pin::Pin;

use arrow::datatypes::{Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::ipc::writer::IpcWriteOptions;
use arrow::record_batch::RecordBatch;
use arrow_flight::decode::FlightRecordBatchStream;
use arrow_flight::encode::FlightDataEncoderBuilder;
use arrow_flight::error::FlightError;
use arrow_flight::flight_service_server::FlightService;
use arrow_flight::sql::server::{FlightSqlService, PeekableFlightDataStream};
use arrow_flight::sql::{
    ActionClosePreparedStatementRequest, ActionCreatePreparedStatementRequest, ActionCreatePreparedStatementResult,
    CommandGetCatalogs, CommandGetDbSchemas, CommandGetSqlInfo, CommandGetTableTypes, CommandGetTables,
    CommandGetXdbcTypeInfo, CommandPreparedStatementQuery, CommandStatementQuery, DoPutPreparedStatementResult,
    SqlInfo, TicketStatementQuery,
};
use arrow_flight::{
    Action, FlightDescriptor, FlightEndpoint, FlightInfo, HandshakeRequest, HandshakeResponse, IpcMessage, SchemaAsIpc,
    Ticket,
};
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use tidewatch_lake::query::{QueryError, Rows};
use tonic::metadata::MetadataValue;
use tonic::{Request, Response, Status, Streaming};

use super::handle::{Handle, WrongHandle, parameters};
use super::{Flight, identity, metadata, status};

type Fetched = Response<<Flight as FlightService>::DoGetStream>;
type Handshaken = Pin<Box<dyn Stream<Item = Result<HandshakeResponse, Status>> + Send>>;

impl Flight {
    /// The columns of a question, and the ticket for its rows.
    async fn info(
        &self,
        handle: Handle,
        request: Request<FlightDescriptor>,
        ticket: impl FnOnce(Vec<u8>) -> Ticket + Send,
    ) -> Result<Response<FlightInfo>, Status> {
        let session = self.session(&request).await?;
        let planned = async { session.plan(session.read(&handle.question)?).await };
        let plan = planned.await.map_err(|error| status(&error))?;
        let ticket = ticket(handle.to_bytes().map_err(|wrong| no_handle(&wrong))?);
        described(plan.schema().as_arrow(), ticket, request.into_inner())
    }

    /// The rows of a question.
    async fn rows(&self, handle: &Handle, request: &Request<Ticket>) -> Result<Fetched, Status> {
        let session = self.session(request).await?;
        let asked = async {
            let plan = session.plan(session.read(&handle.question)?).await?;
            self.sessions.stream(session, handle.fill(plan)?).await
        };
        let Rows { schema, batches } = asked.await.map_err(|error| status(&error))?;
        let batches = batches.map_err(|error| FlightError::from(status(&error)));
        Ok(Response::new(encoded(schema, batches)))
    }

    async fn prepared(
        &self,
        question: &str,
        request: &Request<Action>,
    ) -> Result<ActionCreatePreparedStatementResult, Status> {
        let session = self.session(request).await?;
        let planned = async {
            let plan = session.plan(session.read(question)?).await?;
            let parameters = parameters(&plan)?;
            Ok::<_, QueryError>((plan, parameters))
        };
        let (plan, parameters) = planned.await.map_err(|error| status(&error))?;
        let handle = Handle::of(question).to_bytes().map_err(|wrong| no_handle(&wrong))?;
        Ok(ActionCreatePreparedStatementResult {
            prepared_statement_handle: handle.into(),
            dataset_schema: message(plan.schema().as_arrow())?,
            parameter_schema: message(&parameters)?,
        })
    }
}

fn no_handle(wrong: &WrongHandle) -> Status {
    Status::invalid_argument(wrong.to_string())
}

fn unwritten(error: &ArrowError) -> Status {
    Status::internal(error.to_string())
}

fn message(schema: &Schema) -> Result<bytes::Bytes, Status> {
    let options = IpcWriteOptions::default();
    let message: IpcMessage = SchemaAsIpc::new(schema, &options).try_into().map_err(|error| unwritten(&error))?;
    Ok(message.0)
}

/// What a client learns of an answer before it fetches it.
pub(super) fn described(
    schema: &Schema,
    ticket: Ticket,
    descriptor: FlightDescriptor,
) -> Result<Response<FlightInfo>, Status> {
    let info = FlightInfo::new().try_with_schema(schema).map_err(|error| unwritten(&error))?;
    Ok(Response::new(info.with_endpoint(FlightEndpoint::new().with_ticket(ticket)).with_descriptor(descriptor)))
}

/// One batch as an answer.
pub(super) fn answered(batch: Result<RecordBatch, FlightError>) -> Result<Fetched, Status> {
    let batch = batch.map_err(Status::from)?;
    Ok(Response::new(encoded(batch.schema(), stream::once(async { Ok(batch) }))))
}

fn encoded(
    schema: SchemaRef,
    batches: impl Stream<Item = Result<RecordBatch, FlightError>> + Send + 'static,
) -> <Flight as FlightService>::DoGetStream {
    FlightDataEncoderBuilder::new().with_schema(schema).build(batches).map_err(Status::from).boxed()
}

#[tonic::async_trait]
impl FlightSqlService for Flight {
    type FlightService = Self;

    async fn do_handshake(
        &self,
        request: Request<Streaming<HandshakeRequest>>,
    ) -> Result<Response<Handshaken>, Status> {
        let token = identity::token(&self.accounts, request.metadata()).await?;
        let header = MetadataValue::try_from(token.as_str()).map_err(|error| Status::internal(error.to_string()))?;
        let answer = HandshakeResponse { protocol_version: 0, payload: token.into_bytes().into() };
        let mut response = Response::new(stream::once(async { Ok(answer) }).boxed() as Handshaken);
        response.metadata_mut().insert("authorization", header);
        Ok(response)
    }

    async fn get_flight_info_statement(
        &self,
        query: CommandStatementQuery,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        let ticket = |handle: Vec<u8>| {
            let ticket = TicketStatementQuery { statement_handle: handle.into() };
            metadata::ticket(&ticket)
        };
        self.info(Handle::of(&query.query), request, ticket).await
    }

    async fn get_flight_info_prepared_statement(
        &self,
        query: CommandPreparedStatementQuery,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        let handle = Handle::from_bytes(&query.prepared_statement_handle).map_err(|wrong| no_handle(&wrong))?;
        let ticket = |handle: Vec<u8>| {
            metadata::ticket(&CommandPreparedStatementQuery { prepared_statement_handle: handle.into() })
        };
        self.info(handle, request, ticket).await
    }

    async fn do_get_statement(
        &self,
        ticket: TicketStatementQuery,
        request: Request<Ticket>,
    ) -> Result<Fetched, Status> {
        let handle = Handle::from_bytes(&ticket.statement_handle).map_err(|wrong| no_handle(&wrong))?;
        self.rows(&handle, &request).await
    }

    async fn do_get_prepared_statement(
        &self,
        query: CommandPreparedStatementQuery,
        request: Request<Ticket>,
    ) -> Result<Fetched, Status> {
        let handle = Handle::from_bytes(&query.prepared_statement_handle).map_err(|wrong| no_handle(&wrong))?;
        self.rows(&handle, &request).await
    }

    async fn do_action_create_prepared_statement(
        &self,
        query: ActionCreatePreparedStatementRequest,
        request: Request<Action>,
    ) -> Result<ActionCreatePreparedStatementResult, Status> {
        self.prepared(&query.query, &request).await
    }

    async fn do_action_close_prepared_statement(
        &self,
        _query: ActionClosePreparedStatementRequest,
        request: Request<Action>,
    ) -> Result<(), Status> {
        // A handle holds everything, so there is nothing to give back.
        self.principal(&request).await.map(drop)
    }

    async fn do_put_prepared_statement_query(
        &self,
        query: CommandPreparedStatementQuery,
        request: Request<PeekableFlightDataStream>,
    ) -> Result<DoPutPreparedStatementResult, Status> {
        self.principal(&request).await?;
        let handle = Handle::from_bytes(&query.prepared_statement_handle).map_err(|wrong| no_handle(&wrong))?;
        let sent = request.into_inner().map_err(FlightError::from);
        let batches: Vec<RecordBatch> = FlightRecordBatchStream::new_from_flight_data(sent).try_collect().await?;
        let bound = handle.with_values(&batches).and_then(|handle| handle.to_bytes());
        let bound = bound.map_err(|wrong| no_handle(&wrong))?;
        Ok(DoPutPreparedStatementResult { prepared_statement_handle: Some(bound.into()) })
    }

    async fn get_flight_info_catalogs(
        &self,
        query: CommandGetCatalogs,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        self.principal(&request).await?;
        described(&query.into_builder().schema(), metadata::ticket(&query), request.into_inner())
    }

    async fn get_flight_info_schemas(
        &self,
        query: CommandGetDbSchemas,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        self.principal(&request).await?;
        let ticket = metadata::ticket(&query);
        described(&query.into_builder().schema(), ticket, request.into_inner())
    }

    async fn get_flight_info_tables(
        &self,
        query: CommandGetTables,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        self.principal(&request).await?;
        let ticket = metadata::ticket(&query);
        described(&query.into_builder().schema(), ticket, request.into_inner())
    }

    async fn get_flight_info_table_types(
        &self,
        query: CommandGetTableTypes,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        self.principal(&request).await?;
        described(&query.into_builder().schema(), metadata::ticket(&query), request.into_inner())
    }

    async fn get_flight_info_sql_info(
        &self,
        query: CommandGetSqlInfo,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        self.principal(&request).await?;
        let ticket = metadata::ticket(&query);
        let about = metadata::about()?;
        described(&query.into_builder(&about).schema(), ticket, request.into_inner())
    }

    async fn get_flight_info_xdbc_type_info(
        &self,
        query: CommandGetXdbcTypeInfo,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        self.principal(&request).await?;
        let ticket = metadata::ticket(&query);
        let types = metadata::types()?;
        described(&query.into_builder(&types).schema(), ticket, request.into_inner())
    }

    async fn do_get_catalogs(&self, query: CommandGetCatalogs, request: Request<Ticket>) -> Result<Fetched, Status> {
        self.principal(&request).await?;
        answered(metadata::catalogs(query))
    }

    async fn do_get_schemas(&self, query: CommandGetDbSchemas, request: Request<Ticket>) -> Result<Fetched, Status> {
        self.principal(&request).await?;
        answered(metadata::schemas(query))
    }

    async fn do_get_tables(&self, query: CommandGetTables, request: Request<Ticket>) -> Result<Fetched, Status> {
        let session = self.session(&request).await?;
        answered(metadata::tables(query, &session).await)
    }

    async fn do_get_table_types(
        &self,
        query: CommandGetTableTypes,
        request: Request<Ticket>,
    ) -> Result<Fetched, Status> {
        self.principal(&request).await?;
        answered(metadata::table_types(query))
    }

    async fn do_get_sql_info(&self, query: CommandGetSqlInfo, request: Request<Ticket>) -> Result<Fetched, Status> {
        self.principal(&request).await?;
        answered(query.into_builder(&metadata::about()?).build())
    }

    async fn do_get_xdbc_type_info(
        &self,
        query: CommandGetXdbcTypeInfo,
        request: Request<Ticket>,
    ) -> Result<Fetched, Status> {
        self.principal(&request).await?;
        answered(query.into_builder(&metadata::types()?).build())
    }

    async fn register_sql_info(&self, _id: i32, _info: &SqlInfo) {}
}
