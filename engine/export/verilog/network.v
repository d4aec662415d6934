// Runs a network layer by layer from ROM files, one position of one sum a cycle: a reference for
// hardware, small rather than fast. Codes are bytes in one memory, [h][w][c]; levels are bytes 0, 1
// and 2. `sizes.vh` has the sizes of the memories.
//
// program.hex: 24 words a layer, named below. numbers.hex: 5 words a channel: bias, m, shift or the
// two thresholds and nothing; of an addition both factors. weights.hex: [positions][K] a layer.
`include "sizes.vh"

// Places are counted in 32 bits, of which a memory takes as many as it has.
/* verilator lint_off UNUSEDSIGNAL */

module network (
    input                clock,
    input                reset,       // starts with the picture that is in the memory
    input                load,        // writes a byte of it, from PICTURE_AT on
    input         [31:0] load_at,
    input         [ 7:0] load_code,
    output reg           done,
    output        [31:0] layer,       // which one runs
    output               code_valid,  // one of its codes is ready
    output        [ 7:0] code,
    output               logit_valid,
    output        [31:0] logit_index,
    output signed [31:0] logit
);
  localparam [31:0] CONVOLUTION = 0, DEPTHWISE = 1, ADD = 2, MAX_POOL = 3, AVERAGE = 4;
  localparam [31:0] TO_LEVEL = 1, TO_LOGIT = 2;
  localparam [1:0] FETCH = 0, CLEAR = 1, STEP = 2, FINISH = 3;

  reg [31:0] program_rom[0:`PROGRAM_WORDS-1];
  reg [ 7:0] weights_rom[0:`WEIGHTS-1];
  reg [31:0] numbers_rom[0:`NUMBERS-1];
  reg [ 7:0] memory     [0:`MEMORY-1];
  initial begin
    $readmemh("program.hex", program_rom);
    $readmemh("weights.hex", weights_rom);
    $readmemh("numbers.hex", numbers_rom);
  end

  // The layer at hand.
  reg [31:0] word[0:23];
  wire [31:0] kind = word[0], to = word[1];
  wire [31:0] in_at = word[2], other_at = word[3], out_at = word[4];
  wire [31:0] H = word[5], W = word[6], C = word[7];
  wire [31:0] OH = word[8], OW = word[9], K = word[10];
  wire [31:0] kernel = word[11], stride = word[12], pad = word[13];
  wire [31:0] outside = word[14], weights_at = word[15], numbers_at = word[16];
  wire has_levels = word[17][0], other_has_levels = word[20][0];
  wire [7:0] v1 = word[18][7:0], v2 = word[19][7:0];
  wire [7:0] other_v1 = word[21][7:0], other_v2 = word[22][7:0];
  wire is_last = word[23][0];

  // Where it is.
  reg [1:0] state;
  reg [31:0] at, fetched;
  reg [31:0] oh, ow, k;    // the sum
  reg [31:0] i, j, c, row;  // the position under the kernel
  assign layer = at;

  wire over_channels = kind == CONVOLUTION;
  wire [31:0] channels = over_channels ? C : kind == ADD ? 32'd2 : 32'd1;
  wire [31:0] h = oh * stride + i - pad, w = ow * stride + j - pad;  // huge where negative
  wire in_map = h < H && w < W;
  wire second = kind == ADD && c == 32'd1;
  wire [31:0] from = (second ? other_at : in_at) + (h * W + w) * C + (over_channels ? c : k);
  wire [7:0] x = in_map ? memory[from[`MEMORY_BITS-1:0]] : outside[7:0];
  wire [31:0] weight_at = weights_at + row * K + k;
  wire [7:0] weight = weights_rom[weight_at[`WEIGHT_BITS-1:0]];
  wire [31:0] number_at = numbers_at + 32'd5 * k;
  wire [31:0] n0 = numbers_rom[number_at[`NUMBER_BITS-1:0]];
  wire [31:0] at1 = number_at + 32'd1, at2 = number_at + 32'd2;
  wire [31:0] at3 = number_at + 32'd3, at4 = number_at + 32'd4;
  wire [31:0] n1 = numbers_rom[at1[`NUMBER_BITS-1:0]];
  wire [31:0] n2 = numbers_rom[at2[`NUMBER_BITS-1:0]];
  wire [31:0] factor = second ? numbers_rom[at4[`NUMBER_BITS-1:0]] : numbers_rom[at3[`NUMBER_BITS-1:0]];

  // Sums of weights.
  wire clear = state == CLEAR, step = state == STEP;
  wire signed [23:0] low, high;
  wire signed [31:0] products;
  adder_element adder (
      .clock(clock), .clear(clear), .enable(step && has_levels), .level(x[1:0]), .weight(weight),
      .low(low), .high(high)
  );
  multiplier_element multiplier (
      .clock(clock), .clear(clear), .enable(step && !has_levels), .code(x), .weight(weight),
      .sum(products)
  );
  wire signed [31:0] of_levels =
      $signed({24'd0, v1}) * $signed({{8{low[23]}}, low}) +
      $signed({24'd0, v2}) * $signed({{8{high[23]}}, high});

  // Sums, and the largest, of codes.
  wire levels_here = second ? other_has_levels : has_levels;
  wire [7:0] value = !levels_here ? x
      : x[1] ? (second ? other_v2 : v2) : x[0] ? (second ? other_v1 : v1) : 8'd0;
  reg signed [31:0] others;
  wire signed [31:0] others_next =
      kind == ADD ? others + $signed(factor) * $signed({24'd0, value})
      : kind == AVERAGE ? others + $signed({24'd0, value})
      : in_map && {24'd0, x} > others ? {24'd0, x} : others;

  // What becomes of a sum.
  wire weighted = kind == CONVOLUTION || kind == DEPTHWISE;
  wire signed [31:0] sum = !weighted ? others : has_levels ? of_levels : products;
  wire [1:0] level;
  wire [7:0] requantized;
  staircase activation (.sum(sum), .t1($signed(n0)), .t2($signed(n1)), .level(level));
  requantizer requantize (
      .sum(sum), .bias($signed(n0)), .m(n1[30:0]), .shift(n2[5:0]), .code(requantized)
  );
  wire signed [31:0] biased = sum + $signed(n0);
  wire signed [63:0] scaled = ($signed({{32{biased[31]}}, biased}) * $signed({32'd0, n1})
      + (64'sd1 <<< (n2[5:0] - 6'd1))) >>> n2[5:0];
  assign logit = scaled > 64'sd2147483647 ? 32'sh7fffffff
      : scaled < -64'sd2147483648 ? 32'sh80000000 : scaled[31:0];
  wire [31:0] positions = H * W;
  wire [31:0] mean = (2 * sum + positions) / (2 * positions);
  assign code = kind == MAX_POOL ? sum[7:0] : kind == AVERAGE ? mean[7:0]
      : to == TO_LEVEL ? {6'd0, level} : requantized;
  assign code_valid = state == FINISH && to != TO_LOGIT && !done;
  assign logit_valid = state == FINISH && to == TO_LOGIT && !done;
  assign logit_index = k;

  wire last_c = c + 1 == channels, last_j = j + 1 == kernel, last_i = i + 1 == kernel;
  wire last_k = k + 1 == K, last_ow = ow + 1 == OW, last_oh = oh + 1 == OH;
  wire [31:0] write_at = out_at + (oh * OW + ow) * K + k;
  wire [31:0] program_at = 32'd24 * at + fetched;

  always @(posedge clock) begin
    if (load) memory[load_at[`MEMORY_BITS-1:0]] <= load_code;
    if (reset) begin
      state <= FETCH;
      at <= 0;
      fetched <= 0;
      done <= 0;
    end else if (!done)
      case (state)
        FETCH: begin
          word[fetched[4:0]] <= program_rom[program_at[`PROGRAM_BITS-1:0]];
          fetched <= fetched + 1;
          if (fetched == 32'd23) state <= CLEAR;
          oh <= 0;
          ow <= 0;
          k <= 0;
        end
        CLEAR: begin
          others <= 0;
          i <= 0;
          j <= 0;
          c <= 0;
          row <= 0;
          state <= STEP;
        end
        STEP: begin
          others <= others_next;
          row <= row + 1;
          c <= last_c ? 0 : c + 1;
          if (last_c) j <= last_j ? 0 : j + 1;
          if (last_c && last_j) i <= i + 1;
          if (last_c && last_j && last_i) state <= FINISH;
        end
        FINISH: begin
          if (to != TO_LOGIT) memory[write_at[`MEMORY_BITS-1:0]] <= code;
          k <= last_k ? 0 : k + 1;
          if (last_k) ow <= last_ow ? 0 : ow + 1;
          if (last_k && last_ow) oh <= oh + 1;
          state <= CLEAR;
          if (last_k && last_ow && last_oh) begin
            state <= FETCH;
            fetched <= 0;
            at <= at + 1;
            done <= is_last;
          end
        end
      endcase
  end
endmodule
