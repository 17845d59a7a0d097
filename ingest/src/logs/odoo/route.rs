//! What a request is about, as one of a dozen classes: paths themselves are without number.

/// A class of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// Reads records through the client's data interface.
    Read,
    /// Creates, changes or deletes records.
    Write,
    /// Anything else a model can do: buttons, postings, confirmations.
    Action,
    /// Exports records to a file.
    Export,
    /// Makes a report.
    Report,
    /// Logs in or looks after a session.
    Session,
    /// The customers' portal.
    Portal,
    /// External programs by JSON-RPC or XML-RPC.
    Rpc,
    /// Images, scripts, styles and attachments.
    Asset,
    /// Waits for news.
    Bus,
    /// Health checks.
    Health,
    /// Any other page.
    Page,
}

impl Route {
    /// The name as a label.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Action => "action",
            Self::Export => "export",
            Self::Report => "report",
            Self::Session => "session",
            Self::Portal => "portal",
            Self::Rpc => "rpc",
            Self::Asset => "asset",
            Self::Bus => "bus",
            Self::Health => "health",
            Self::Page => "page",
        }
    }
}

/// Beginnings of paths, the narrower before the wider.
const PATHS: &[(&str, Route)] = &[
    ("/web/dataset/call_button", Route::Action),
    ("/web/dataset/resequence", Route::Write),
    ("/web/dataset/", Route::Read),
    ("/web/action/", Route::Read),
    ("/web/export", Route::Export),
    ("/report/", Route::Report),
    ("/web/session/", Route::Session),
    ("/web/login", Route::Session),
    ("/web/reset_password", Route::Session),
    ("/my", Route::Portal),
    ("/jsonrpc", Route::Rpc),
    ("/json/", Route::Rpc),
    ("/xmlrpc/", Route::Rpc),
    ("/longpolling/", Route::Bus),
    ("/websocket", Route::Bus),
    ("/bus/", Route::Bus),
    ("/web/health", Route::Health),
    ("/web/static/", Route::Asset),
    ("/web/assets/", Route::Asset),
    ("/web/bundle/", Route::Asset),
    ("/web/content", Route::Asset),
    ("/web/image", Route::Asset),
    ("/web/webclient/", Route::Asset),
    ("/web/manifest", Route::Asset),
    ("/web/service-worker", Route::Asset),
    ("/logo", Route::Asset),
];

/// Beginnings of methods that only read.
const READING: &[&str] = &[
    "default_get",
    "fields_",
    "formatted_read",
    "get_",
    "has_",
    "load_",
    "name_get",
    "name_search",
    "onchange",
    "read",
    "search",
    "web_name_search",
    "web_read",
    "web_search",
];

/// Methods that change records and nothing else.
const WRITING: &[&str] = &["copy", "create", "name_create", "unlink", "web_save", "write"];

/// The class of a request by its path.
pub(super) fn of(path: &str) -> Route {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    if let Some(call) = path.strip_prefix("/web/dataset/call_kw") {
        return method(call.rsplit('/').next().unwrap_or_default());
    }
    let (_, within_module) = path.get(1..).unwrap_or_default().split_once('/').unwrap_or_default();
    if within_module.starts_with("static/") {
        return Route::Asset;
    }
    let path = without_language(path);
    PATHS.iter().find(|(beginning, _)| path.starts_with(beginning)).map_or(Route::Page, |(_, route)| *route)
}

fn method(name: &str) -> Route {
    if name == "export_data" {
        return Route::Export;
    }
    if WRITING.contains(&name) {
        return Route::Write;
    }
    let reads = READING.iter().any(|beginning| name.starts_with(beginning));
    if reads { Route::Read } else { Route::Action }
}

/// Pages of a website in several languages begin with one: `/de/my`, `/pt_BR/my`.
fn without_language(path: &str) -> &str {
    let Some((language, _)) = path.get(1..).and_then(|path| path.split_once('/')) else { return path };
    let form: Vec<bool> = language.bytes().map(|byte| byte.is_ascii_alphabetic()).collect();
    let is_language = match form.as_slice() {
        [true, true] => language != "my",
        [true, true, false, true, true] => language.as_bytes().get(2) == Some(&b'_'),
        _ => false,
    };
    if is_language { path.get(1 + language.len()..).unwrap_or(path) } else { path }
}
