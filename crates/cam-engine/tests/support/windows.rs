//! Where windows lie, by their definition.

use cam_engine::{Border, Convolution, Window};

/// Windows over an image.
pub struct Windows {
    window: Window,
    dilation: [usize; 2],
    border: Border,
    size: [usize; 2],
    /// How many there are, down and right.
    pub outputs: [usize; 2],
}

impl Windows {
    pub fn of_convolution(step: &Convolution, shape: [usize; 4]) -> Self {
        let Convolution { kernel, stride, padding, dilation, .. } = *step;
        Self::new(Window { kernel, stride, padding, ceil: false }, dilation, shape)
    }

    pub fn of_pool(window: &Window, shape: [usize; 4]) -> Self {
        Self::new(*window, [1; 2], shape)
    }

    pub fn whole([_, _, height, width]: [usize; 4]) -> Self {
        Self::new(Window::new([height, width]), [1; 2], [1, 1, height, width])
    }

    fn new(window: Window, dilation: [usize; 2], [_, _, height, width]: [usize; 4]) -> Self {
        let Window { kernel, stride, padding, ceil } = window;
        let size = [height, width];
        let reach = [0, 1].map(|axis| (kernel[axis] - 1) * dilation[axis] + 1);
        let border = padding.border(size, reach, stride);
        let outputs = [0, 1].map(|axis| {
            let (before, after) = border.along(axis);
            // Every window that starts on the image or in front of it and, without `ceil`, ends on it
            // or its border. With `ceil` one window may hang over.
            let ends = |count: &usize| {
                let start = (count - 1) * stride[axis];
                let end = size[axis] + before + after;
                let hangs = start + reach[axis] > end;
                let new = count == &1 || (start - stride[axis]) + reach[axis] < end;
                if ceil { start < size[axis] + before && (!hangs || new) } else { !hangs }
            };
            (1..).take_while(ends).last().unwrap()
        });
        Self { window, dilation, border, size, outputs }
    }

    /// Where a tap of a window lies on the image, which it may lie outside.
    pub fn tap(&self, window: [usize; 2], tap: [usize; 2]) -> [isize; 2] {
        [0, 1].map(|axis| {
            let offset = window[axis] * self.window.stride[axis] + tap[axis] * self.dilation[axis];
            offset as isize - self.border.along(axis).0 as isize
        })
    }

    /// All taps of a window.
    pub fn taps(&self, window: [usize; 2]) -> Vec<[isize; 2]> {
        let [height, width] = self.window.kernel;
        let taps = (0..height).flat_map(|y| (0..width).map(move |x| [y, x]));
        taps.map(|tap| self.tap(window, tap)).collect()
    }

    /// How many of them lie on the image or its border.
    pub fn bordered(&self, taps: &[[isize; 2]]) -> usize {
        let inside = |tap: &&[isize; 2]| {
            [0, 1].into_iter().all(|axis| {
                let (before, after) = self.border.along(axis);
                let end = (self.size[axis] + after) as isize;
                (-(before as isize)..end).contains(&tap[axis])
            })
        };
        taps.iter().filter(inside).count()
    }
}
