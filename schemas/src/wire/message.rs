//! The protobuf messages, field for field as in `observations.proto`.

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Envelope {
    #[prost(uint32, tag = "1")]
    pub version: u32,
    #[prost(string, tag = "2")]
    pub pool: String,
    #[prost(message, optional, tag = "3")]
    pub origin: Option<Origin>,
    #[prost(sint64, tag = "4")]
    pub received_ms: i64,
    #[prost(message, repeated, tag = "5")]
    pub observations: Vec<Observation>,
    #[prost(message, optional, tag = "6")]
    pub tick: Option<Tick>,
    #[prost(message, repeated, tag = "7")]
    pub rejects: Vec<Reject>,
    #[prost(message, optional, tag = "8")]
    pub verdict: Option<Verdict>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct Verdict {
    #[prost(string, tag = "1")]
    pub incident: String,
    #[prost(string, tag = "2")]
    pub action: String,
    #[prost(string, tag = "3")]
    pub by: String,
    #[prost(sint64, tag = "4")]
    pub at_ms: i64,
    #[prost(string, tag = "5")]
    pub note: String,
    #[prost(string, optional, tag = "6")]
    pub name: Option<String>,
    #[prost(sint64, optional, tag = "7")]
    pub until_ms: Option<i64>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct Reject {
    #[prost(string, tag = "1")]
    pub reason: String,
    #[prost(string, tag = "2")]
    pub detail: String,
    #[prost(uint32, tag = "3")]
    pub index: u32,
    #[prost(uint64, tag = "4")]
    pub count: u64,
    #[prost(string, tag = "5")]
    pub excerpt: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Origin {
    #[prost(string, tag = "1")]
    pub topic: String,
    #[prost(int32, tag = "2")]
    pub partition: i32,
    #[prost(int64, tag = "3")]
    pub offset: i64,
    #[prost(uint32, tag = "4")]
    pub index: u32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Tick {
    #[prost(sint64, tag = "1")]
    pub at_ms: i64,
    #[prost(string, tag = "2")]
    pub instance: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Observation {
    #[prost(string, tag = "1")]
    pub signal: String,
    #[prost(string, tag = "2")]
    pub tenant: String,
    #[prost(string, tag = "3")]
    pub resource: String,
    #[prost(message, repeated, tag = "4")]
    pub attributes: Vec<Attribute>,
    #[prost(string, tag = "5")]
    pub unit: String,
    #[prost(sint64, tag = "6")]
    pub at_ms: i64,
    #[prost(oneof = "Value", tags = "10, 11, 12, 13, 14")]
    pub value: Option<Value>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Attribute {
    #[prost(string, tag = "1")]
    pub key: String,
    #[prost(string, tag = "2")]
    pub value: String,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(super) enum Value {
    #[prost(double, tag = "10")]
    Gauge(f64),
    #[prost(message, tag = "11")]
    Sum(Sum),
    #[prost(message, tag = "12")]
    Distribution(Distribution),
    #[prost(message, tag = "13")]
    Summary(Summary),
    #[prost(message, tag = "14")]
    Log(Log),
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Sum {
    #[prost(double, tag = "1")]
    pub value: f64,
    #[prost(bool, tag = "2")]
    pub delta: bool,
    #[prost(bool, tag = "3")]
    pub monotonic: bool,
    #[prost(sint64, optional, tag = "4")]
    pub start_ms: Option<i64>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Distribution {
    #[prost(uint64, tag = "1")]
    pub count: u64,
    #[prost(double, optional, tag = "2")]
    pub sum: Option<f64>,
    #[prost(double, optional, tag = "3")]
    pub min: Option<f64>,
    #[prost(double, optional, tag = "4")]
    pub max: Option<f64>,
    #[prost(double, repeated, tag = "5")]
    pub bounds: Vec<f64>,
    #[prost(uint64, repeated, tag = "6")]
    pub counts: Vec<u64>,
    #[prost(bool, tag = "7")]
    pub delta: bool,
    #[prost(sint64, optional, tag = "8")]
    pub start_ms: Option<i64>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Summary {
    #[prost(uint64, tag = "1")]
    pub count: u64,
    #[prost(double, tag = "2")]
    pub sum: f64,
    #[prost(message, repeated, tag = "3")]
    pub quantiles: Vec<Quantile>,
    #[prost(sint64, optional, tag = "4")]
    pub start_ms: Option<i64>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(super) struct Quantile {
    #[prost(double, tag = "1")]
    pub quantile: f64,
    #[prost(double, tag = "2")]
    pub value: f64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Lock {
    #[prost(string, tag = "1")]
    pub stage: String,
    #[prost(uint32, tag = "2")]
    pub waiter: u32,
    #[prost(uint32, repeated, tag = "3")]
    pub holders: Vec<u32>,
    #[prost(double, tag = "4")]
    pub waited_s: f64,
    #[prost(string, tag = "5")]
    pub mode: String,
    #[prost(bool, tag = "6")]
    pub is_global: bool,
    #[prost(string, tag = "7")]
    pub object: String,
    #[prost(string, tag = "8")]
    pub statement: String,
    #[prost(string, tag = "9")]
    pub holders_statement: String,
    #[prost(string, tag = "10")]
    pub table: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Log {
    #[prost(uint32, tag = "1")]
    pub severity: u32,
    #[prost(string, tag = "2")]
    pub body: String,
    #[prost(message, optional, tag = "3")]
    pub lock: Option<Lock>,
}
