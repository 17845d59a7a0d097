//! What one would do without a detector for it: the rules that are commonly proposed, on the usage of the resource that is
//! short, which they are told.

/// Steps of calm that they look at, and a third of the steps of trouble.
pub const WINDOW: usize = 30;

/// Who takes most.
pub fn largest(usage: &[Vec<f64>]) -> Option<usize> {
    argmax(usage.iter().map(|own| own.iter().rev().take(6).sum::<f64>()))
}

/// Whose use goes with the victims' latency (Pearson), where that is more than 0.6.
pub fn correlated(usage: &[Vec<f64>], pain: &[f64]) -> Option<usize> {
    argmax_above(usage.iter().map(|own| pearson(own, pain)), 0.6)
}

/// CPI2 (Zhang et al., EuroSys 2013), section 4.2, with latency in place of cycles per instruction: use counts for a tenant
/// while latency is above its threshold and against it while it is below; blamed from 0.35.
pub fn cpi2(usage: &[Vec<f64>], pain: &[f64]) -> Option<usize> {
    let calm = &pain[..WINDOW];
    let mean = calm.iter().sum::<f64>() / calm.len() as f64;
    let spread = libm::sqrt(calm.iter().map(|each| (each - mean) * (each - mean)).sum::<f64>() / calm.len() as f64);
    let threshold = mean + 2.0 * spread;
    let score = |own: &Vec<f64>| {
        let sum: f64 = own.iter().sum::<f64>().max(1e-12);
        let each = own.iter().zip(pain).map(|(own, pain)| match pain {
            pain if *pain > threshold => own / sum * (1.0 - threshold / pain),
            pain => own / sum * (pain / threshold - 1.0),
        });
        each.sum::<f64>()
    };
    argmax_above(usage.iter().map(score), 0.35)
}

fn argmax(scores: impl Iterator<Item = f64>) -> Option<usize> {
    scores.enumerate().max_by(|one, other| one.1.total_cmp(&other.1)).map(|(tenant, _)| tenant)
}

fn argmax_above(scores: impl Iterator<Item = f64>, least: f64) -> Option<usize> {
    let scores: Vec<f64> = scores.collect();
    argmax(scores.iter().copied()).filter(|tenant| scores[*tenant] > least)
}

fn pearson(one: &[f64], other: &[f64]) -> f64 {
    let count = one.len() as f64;
    let (x, y) = (one.iter().sum::<f64>() / count, other.iter().sum::<f64>() / count);
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (a, b) in one.iter().zip(other) {
        xx += (a - x) * (a - x);
        yy += (b - y) * (b - y);
        xy += (a - x) * (b - y);
    }
    if xx * yy > 0.0 { xy / libm::sqrt(xx * yy) } else { 0.0 }
}
