//! The detectors that look at a series' closed windows, and what each remembers of it.

use serde::{Deserialize, Serialize};
use tidewatch_schemas::Origin;

use crate::calendar::Today;
use crate::cusum::{self, Cusum};
use crate::detector::{Detector, Judged};
use crate::judgement::Verdicts;
use crate::series::Identity;
use crate::window::Closed;

/// Parameters of the detectors.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What watches short windows.
    pub cusum: Cusum,
    /// Whether every judged window is told, not only findings.
    pub trace: bool,
}

/// Memory of the detectors about one series.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Judges {
    cusum: cusum::State,
}

/// Where windows of one series are looked at, and what came of it.
#[derive(Debug)]
pub struct Bench<'a> {
    /// Parameters of the detectors.
    pub settings: &'a Settings,
    /// The series.
    pub who: Identity<'a>,
    /// The tenant's calendar.
    pub today: &'a mut Today,
    /// What was concluded so far.
    pub found: Verdicts,
}

impl Judges {
    /// Looks at one closed window; windows come in order of time.
    pub fn look(&mut self, bench: &mut Bench<'_>, (window, origin): (Closed, &Origin)) {
        let day = bench.today.at(window.start);
        let Identity { key, spec, unit } = bench.who;
        let judged = Judged { series: key, spec, unit, window, day: &day, origin };
        bench.found.findings.extend(bench.settings.cusum.observe(&mut self.cusum, &judged));
    }
}
