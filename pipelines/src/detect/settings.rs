//! What a processor is configured with, made from the configuration.

use tidewatch_detectors::calendar::Calendars;
use tidewatch_detectors::grouping::Severities;
use tidewatch_detectors::judges::Traced;
use tidewatch_detectors::locks::Locks;
use tidewatch_detectors::silence::Silence;
use tidewatch_detectors::specialists::Specialists;
use tidewatch_detectors::{Contention, Cost, Grouping, judges, series};
use tidewatch_schemas::Catalog;
#[cfg(debug_assertions)]
use tidewatch_schemas::Value;

use super::tenants::Limits;
use crate::config::{Clock, DetectConfig};

/// What a processor is configured with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What holds for every series.
    pub series: tidewatch_detectors::Settings,
    /// How findings become incidents.
    pub grouping: Grouping,
    /// Which waits for locks are told.
    pub locks: Locks,
    /// How tenants are held against each other.
    pub contention: Contention,
    /// What is charged and how.
    pub cost: Cost,
    /// What `now` is.
    pub clock: Clock,
    /// Whether judged windows that the detectors tell are published.
    pub publishes_windows: bool,
    /// Most series of a pool.
    pub series_limit: usize,
    /// Most series of a tenant in a pool.
    pub tenant_limits: Limits,
    /// What day it is for each tenant.
    pub calendars: Calendars,
    /// How often a record may end the process before it is set aside.
    pub set_aside_after: u8,
    /// What is known of signals.
    pub catalog: Catalog,
    /// A level at which judging panics, so that tests can show what comes of a panic.
    #[cfg(debug_assertions)]
    pub tripwire: Option<f64>,
}

impl Settings {
    /// The settings that a configuration asks for.
    #[must_use]
    pub fn new(config: &DetectConfig) -> Self {
        let (false_alarms, adopt_after_ms) = (config.false_alarms, config.adopt_after_ms);
        let mut judges = judges::Settings::new(config.window_ms, false_alarms, adopt_after_ms);
        judges.traced = config.windows.clone();
        judges.specialists = Specialists::new(false_alarms, config.knobs, adopt_after_ms);
        let series = tidewatch_detectors::Settings {
            window_ms: config.window_ms,
            lateness_ms: config.lateness_ms,
            judges,
            silence: Silence { missed: config.silence_after, lateness_ms: config.lateness_ms },
        };
        let grouping = Grouping {
            catalog: Catalog,
            resolve_after_ms: config.resolve_after_ms,
            correlate_within_ms: config.correlate_within_ms,
            adopt_after_ms: config.adopt_after_ms,
            single: false,
            silences: config.incidents.silences.clone(),
            severities: Severities { rules: config.incidents.severities.clone(), calendars: config.calendars.clone() },
            patience: config.incidents.patience,
        };
        Self {
            series,
            grouping,
            locks: Locks { tell_after_ms: config.lock_wait_after_ms },
            contention: Contention {
                wholes: config.shared.clone(),
                ..Contention::new(config.window_ms, config.lateness_ms, adopt_after_ms)
            },
            cost: Cost {
                patience_ms: series::patience_ms(config.window_ms, config.lateness_ms),
                ..config.cost.clone()
            },
            clock: config.clock,
            publishes_windows: config.windows != Traced::Nothing,
            series_limit: config.series_limit,
            tenant_limits: Limits { series: config.tenant_series_limit, begun: config.new_series_limit },
            calendars: config.calendars.clone(),
            set_aside_after: config.set_aside_after,
            catalog: Catalog,
            #[cfg(debug_assertions)]
            tripwire: None,
        }
    }

    /// Panics at the level at which tests want it to.
    #[cfg(debug_assertions)]
    pub(super) fn trip_over(&self, value: &Value) {
        if let (Some(tripwire), Value::Gauge(level)) = (self.tripwire, value) {
            assert!(*level != tripwire, "a test put a tripwire at {tripwire}");
        }
    }
}
