use burn::tensor::Tensor;

use crate::read;
use crate::{Budget, Error, Head, TokenParts};

/// The contribution of each pair of positions of two images to the cosine of their embeddings.
///
/// An embedding is the mean of its positions' contributions, e = mean u_x ([`Head::per_position`]), so that the
/// cosine of two is a sum over all pairs, exactly:
///
/// s = Σ_x Σ_y ⟨u_x, v_y⟩ / (N_a·N_b·‖e_a‖·‖e_b‖)
///
/// as Stylianou et al. (*Visualizing Deep Similarity Networks*, arXiv 1901.00536) show from one side.
/// Summed over y it is a map of the first image, over x one
/// of the second; a row shows which parts of the second match a point of the first.
///
/// ```
/// use burn::tensor::Tensor;
/// use cam_core::{Error, Head, Pair};
///
/// fn which_part_matches_which(
///     head: &Head,
///     first: &Tensor<4>,
///     second: &Tensor<4>,
/// ) -> Result<f32, Error> {
///     let pair = Pair::of(head, [first, second])?;
///     let best = pair.correspondences(1)[0];
///     println!("{} of the first is like {} of the second", best.positions[0], best.positions[1]);
///     Ok(pair.cosine())
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// `[N_a, N_b]`.
    contributions: Vec<f32>,
    sizes: [[usize; 2]; 2],
    cosine: f32,
    beside: Option<Beside>,
}

/// What of a cosine is of no pair of patches, where embeddings have parts that no patch wrote: with it the pairs add up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Beside {
    /// The patches of the first image with the rest of the second.
    pub first: f32,
    /// The rest of the first image with the patches of the second.
    pub second: f32,
    /// Both rests.
    pub rests: f32,
}

/// A position of one image and its match in the other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Correspondence {
    /// Row by row, of the first image and of the second.
    pub positions: [usize; 2],
    /// Their contribution to the cosine.
    pub contribution: f32,
}

impl Pair {
    /// Decomposes the cosine of two images.
    ///
    /// # Shapes
    /// Activations of one image each, `[1, c, h', w']`; sizes may differ.
    ///
    /// # Errors
    /// [`Error::NotPerPosition`], [`Error::ZeroEmbedding`], [`Error::TooManyPairs`], [`Error::NonFiniteMap`],
    /// [`Error::Device`].
    pub fn of(head: &Head, activations: [&Tensor<4>; 2]) -> Result<Self, Error> {
        Self::within(Budget::default(), head, activations)
    }

    /// The same, where the contributions of all pairs may take another amount of memory.
    ///
    /// # Errors
    /// As for [`of`](Self::of).
    pub fn within(
        budget: Budget,
        head: &Head,
        activations: [&Tensor<4>; 2],
    ) -> Result<Self, Error> {
        let sizes = activations.map(|activations| {
            let [_, _, height, width] = activations.dims();
            [height, width]
        });
        let positions = check(budget, sizes)?;
        let [first, second] = [(0, "first"), (1, "second")].map(|(side, which)| {
            let parts = head.per_position(activations[side])?;
            let embedding = head.forward(activations[side].clone());
            // Divided by the count and the length, which makes the sum a cosine.
            let scale = length(embedding)? * positions[side] as f64;
            if scale == 0.0 {
                return Err(Error::ZeroEmbedding { which });
            }
            Ok(parts.div_scalar(scale as f32))
        });
        let contributions = finite(first?.matmul(second?.swap_dims(1, 2)))?;
        let cosine = sum(&contributions) as f32;
        Ok(Self { contributions, sizes, cosine, beside: None })
    }

    /// Decomposes the cosine of two images by what their patches wrote to their embeddings: M_pq = ⟨c_p, c'_q⟩/(‖e‖‖e'‖).
    /// What no patch wrote is [beside](Self::beside).
    ///
    /// # Shapes
    /// Parts of one image each; sizes may differ.
    ///
    /// # Errors
    /// [`Error::ZeroEmbedding`], [`Error::TooManyPairs`], [`Error::NonFiniteMap`], [`Error::Device`].
    pub fn of_tokens(budget: Budget, parts: [&TokenParts; 2]) -> Result<Self, Error> {
        let sizes = parts.map(|parts| parts.grid);
        check(budget, sizes)?;
        let [first, second] = [(0, "first"), (1, "second")].map(|(side, which)| {
            let length = length(parts[side].embeddings.clone())?;
            if length == 0.0 {
                return Err(Error::ZeroEmbedding { which });
            }
            let patches = parts[side].patches.clone().div_scalar(length as f32);
            let written = read(patches.clone().sum_dim(1))?;
            let unit = read(parts[side].embeddings.clone().div_scalar(length as f32))?;
            Ok((patches, written, unit))
        });
        let ((a, from_a, unit_a), (b, from_b, unit_b)) = (first?, second?);
        let contributions = finite(a.matmul(b.swap_dims(1, 2)))?;
        let [rest_a, rest_b] = [(&unit_a, &from_a), (&unit_b, &from_b)]
            .map(|(unit, from)| unit.iter().zip(from).map(|(u, w)| u - w).collect::<Vec<_>>());
        let [first, second] = [dot(&from_a, &rest_b), dot(&rest_a, &from_b)];
        let rests = dot(&rest_a, &rest_b);
        let cosine = (sum(&contributions) + first + second + rests) as f32;
        let [first, second, rests] = [first, second, rests].map(|part| part as f32);
        Ok(Self { contributions, sizes, cosine, beside: Some(Beside { first, second, rests }) })
    }

    /// What no pair of positions adds; none where pairs are all.
    pub fn beside(&self) -> Option<Beside> {
        self.beside
    }

    /// The cosine of the two embeddings: the sum of all contributions, and of what is [beside](Self::beside) them.
    pub fn cosine(&self) -> f32 {
        self.cosine
    }

    /// `[h', w']` of either image.
    pub fn sizes(&self) -> [[usize; 2]; 2] {
        self.sizes
    }

    /// All contributions, `[h'_a·w'_a, h'_b·w'_b]`.
    pub fn contributions(&self) -> &[f32] {
        &self.contributions
    }

    /// The contribution of each position of the first image, and of each of the second: two maps, each
    /// of which sums to the cosine, or to what pairs add to it where something is [beside](Self::beside) them.
    pub fn maps(&self) -> [Vec<f32>; 2] {
        let columns = self.columns();
        let mut second = vec![0.0_f64; columns];
        let first = self.contributions.chunks(columns).map(|row| {
            second.iter_mut().zip(row).for_each(|(sum, value)| *sum += f64::from(*value));
            row.iter().map(|&value| f64::from(value)).sum::<f64>() as f32
        });
        let first = first.collect();
        [first, second.into_iter().map(|value| value as f32).collect()]
    }

    /// The contributions of all positions of the second image with one of the first; none where there is
    /// no such position.
    pub fn partners(&self, position: usize) -> Option<&[f32]> {
        self.contributions.chunks(self.columns()).nth(position)
    }

    /// The best matches, each position in one of them only, strongest first; at most `count`.
    pub fn correspondences(&self, count: usize) -> Vec<Correspondence> {
        self.correspondences_among(count, |_, _| true)
    }

    /// The same among some positions: `counts` is asked of each image, 0 or 1, and its position.
    pub fn correspondences_among(
        &self,
        count: usize,
        counts: impl Fn(usize, usize) -> bool,
    ) -> Vec<Correspondence> {
        let columns = self.columns();
        let mut order: Vec<usize> = (0..self.contributions.len()).collect();
        // Equal ones in the order of their positions: the result is the same everywhere.
        order.sort_by(|&a, &b| {
            self.contributions[b].total_cmp(&self.contributions[a]).then(a.cmp(&b))
        });
        let mut taken = [vec![false; self.contributions.len() / columns], vec![false; columns]];
        let mut found = Vec::new();
        for index in order {
            let positions = [index / columns, index % columns];
            let contribution = self.contributions[index];
            if found.len() == count || contribution <= 0.0 {
                break;
            }
            let is_free = |side: usize| {
                let position = positions[side];
                !taken[side][position] && counts(side, position)
            };
            if !(is_free(0) && is_free(1)) {
                continue;
            }
            (0..2).for_each(|side| taken[side][positions[side]] = true);
            found.push(Correspondence { positions, contribution });
        }
        found
    }

    fn columns(&self) -> usize {
        let [_, [height, width]] = self.sizes;
        height * width
    }
}

/// How many positions there are, if all pairs fit.
fn check(budget: Budget, sizes: [[usize; 2]; 2]) -> Result<[usize; 2], Error> {
    let positions = sizes.map(|[height, width]| height * width);
    match budget.holds(positions[0].saturating_mul(positions[1]), size_of::<f32>()) {
        true => Ok(positions),
        false => Err(Error::TooManyPairs { positions, most: budget.fit(size_of::<f32>()) }),
    }
}

fn finite(contributions: Tensor<3>) -> Result<Vec<f32>, Error> {
    let contributions = read(contributions)?;
    let is_finite = contributions.iter().all(|value| value.is_finite());
    is_finite.then_some(contributions).ok_or(Error::NonFiniteMap)
}

fn sum(values: &[f32]) -> f64 {
    values.iter().map(|&value| f64::from(value)).sum()
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}

/// ‖e‖, in f64, because the sum over all pairs is compared with one.
fn length(embedding: Tensor<2>) -> Result<f64, Error> {
    let values = read(embedding)?;
    Ok(values.into_iter().map(|value| f64::from(value).powi(2)).sum::<f64>().sqrt())
}
