//! Counts whom everybody blamed, and shows it as rows of a table.

use crate::run::Blamed;

/// What came of some runs.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub runs: usize,
    /// Exactly the culprits were blamed.
    pub right: usize,
    /// Some of them, and nobody else.
    pub part: usize,
    /// Somebody else was blamed.
    pub wrong: usize,
    /// The last verdict was right, and one before it was not.
    pub revised: usize,
    /// Runs in which somebody was blamed before anything went wrong.
    pub before: usize,
    delays: Vec<usize>,
    pub largest: (usize, usize),
    pub correlated: (usize, usize),
    pub cpi2: (usize, usize),
}

impl Tally {
    pub fn count(&mut self, blamed: &Blamed) {
        let (who, truth) = (&blamed.tidewatch, &blamed.truth);
        self.runs += 1;
        self.right += usize::from(!who.is_empty() && who == truth);
        self.part += usize::from(!who.is_empty() && who != truth && who.is_subset(truth));
        let is_wrong = !who.is_subset(truth);
        self.wrong += usize::from(is_wrong);
        self.revised += usize::from(!is_wrong && !blamed.ever.is_subset(truth));
        self.before += usize::from(blamed.before > 0);
        self.delays.extend(blamed.delay);
        for (rule, told) in [
            (&mut self.largest, blamed.largest),
            (&mut self.correlated, blamed.correlated),
            (&mut self.cpi2, blamed.cpi2),
        ] {
            rule.0 += usize::from(told.is_some_and(|told| truth.contains(&told)));
            rule.1 += usize::from(told.is_some_and(|told| !truth.contains(&told)));
        }
    }

    pub fn add(&mut self, other: &Self) {
        self.runs += other.runs;
        self.right += other.right;
        self.part += other.part;
        self.wrong += other.wrong;
        self.revised += other.revised;
        self.before += other.before;
        self.delays.extend(&other.delays);
        for (sum, other) in
            [(&mut self.largest, other.largest), (&mut self.correlated, other.correlated), (&mut self.cpi2, other.cpi2)]
        {
            (sum.0, sum.1) = (sum.0 + other.0, sum.1 + other.1);
        }
    }

    pub fn head() -> String {
        "| story | right | in part | wrong | nobody | revised | blamed before | median delay | largest user | correlation | CPI2 |\n\
         |---|---|---|---|---|---|---|---|---|---|---|"
            .to_owned()
    }

    pub fn row(&self, name: &str) -> String {
        let nobody = self.runs - self.right - self.part - self.wrong;
        let mut delays = self.delays.clone();
        delays.sort_unstable();
        let delay = delays.get(delays.len() / 2).map_or("-".to_owned(), |steps| format!("{} s", (steps + 1) * 10));
        let rule = |(right, wrong): (usize, usize)| format!("{right} / {wrong}");
        format!(
            "| {name} | {} | {} | {} | {nobody} | {} | {} | {delay} | {} | {} | {} |",
            self.right,
            self.part,
            self.wrong,
            self.revised,
            self.before,
            rule(self.largest),
            rule(self.correlated),
            rule(self.cpi2)
        )
    }
}
